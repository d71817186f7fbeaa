import { cover } from './cover.js'
import { homestayText, isOurHosts } from './demo-text.js'
import { h } from './dom.js'
import { addDays, dayText, today, weekday, yuan } from './format.js'
import { DAYS_OFFERED, priceOf } from './guest.js'
import { locale, t } from './text.js'

const MOST_NIGHTS = 7

export function failureBox({ failure }) {
  return failure && h('p', { class: 'failure', role: 'alert' }, failure)
}

export function welcomeScreen(guest, { isSandbox }) {
  const { state } = guest
  const submit = (event) => {
    event.preventDefault()
    void guest.signIn()
  }
  return [
    h(
      'div',
      { class: 'welcome-art' },
      cover('demo-homestay-03', { x: 250, y: 104 }),
      h('h3', { class: 'welcome-title', tabindex: -1 }, t('brand')),
      h('p', {}, t('welcome')),
    ),
    h(
      'form',
      { class: 'welcome-form', onSubmit: submit },
      h('label', { for: 'guest-name' }, isSandbox ? t('guestName') : t('guestCode')),
      h('input', {
        id: 'guest-name',
        value: isSandbox ? state.openid : '',
        required: true,
        pattern: '[0-9A-Za-z_\\-]{1,128}',
        autocomplete: 'off',
        spellcheck: 'false',
        onInput: (event) => (state.openid = event.target.value),
      }),
      failureBox(state),
      h('button', { id: 'sign-in', class: 'wechat-button wide', 'aria-disabled': state.isBusy && 'true' }, t('signIn')),
    ),
  ]
}

export function staysScreen(guest) {
  const ours = guest.state.homestays.filter(isOurHosts)
  const others = guest.state.homestays.filter((homestay) => !isOurHosts(homestay))
  return [
    h('h3', { class: 'screen-title', tabindex: -1 }, t('chooseStay')),
    failureBox(guest.state),
    h(
      'ul',
      { class: 'stays' },
      [...ours, ...others].map((homestay) => stayCard(guest, homestay)),
    ),
  ]
}

function stayCard(guest, homestay) {
  const { title, subTitle } = homestayText(homestay)
  return h(
    'li',
    {},
    h(
      'button',
      { class: 'stay', id: `stay-${homestay.id}`, onClick: () => guest.choose(homestay) },
      cover(homestay.id),
      h(
        'span',
        { class: 'stay-text' },
        h('strong', {}, title),
        h('span', { class: 'stay-sub' }, subTitle),
        h(
          'span',
          { class: 'stay-price' },
          h('b', {}, yuan(homestay.homestayPrice)),
          perWhat(homestay),
          ' ',
          h('s', {}, yuan(homestay.marketHomestayPrice)),
          !isOurHosts(homestay) && h('span', { class: 'stay-other' }, t('otherHost')),
        ),
      ),
    ),
  )
}

function perWhat({ pricedBy }) {
  return t(pricedBy === 'NIGHT' ? 'perNight' : 'perPersonNight')
}

export function bookingScreen(guest) {
  const { booking, isBusy } = guest.state
  const { homestay } = booking
  const { title, subTitle } = homestayText(homestay)
  const submit = (event) => {
    event.preventDefault()
    void guest.book()
  }
  return [
    cover(homestay.id),
    h(
      'form',
      { class: 'booking', onSubmit: submit },
      h('h3', { class: 'screen-title', tabindex: -1 }, title),
      h('p', { class: 'dim' }, `${subTitle} · ${t('sleeps', { count: homestay.peopleNum })}`),
      !isOurHosts(homestay) && h('p', { class: 'aside' }, t('otherHostWhy')),
      daysField(guest),
      stepper(guest, { name: 'nights', label: t('nights'), unit: t('nightWord'), most: MOST_NIGHTS }),
      stepper(guest, { name: 'people', label: t('people'), unit: t('personWord'), most: homestay.peopleNum }),
      h(
        'label',
        { class: 'field' },
        h('span', {}, t('food'), h('small', {}, ` ${yuan(homestay.foodPrice)}${t('perPersonNight')}`)),
        h('input', {
          id: 'food',
          type: 'checkbox',
          class: 'switch',
          checked: booking.food,
          onChange: (event) => guest.changeBooking({ food: event.target.checked }),
        }),
      ),
      priceLines(booking),
      failureBox(guest.state),
      h('button', { id: 'book', class: 'seal-button wide', 'aria-disabled': isBusy && 'true' }, t('book')),
    ),
  ]
}

function daysField(guest) {
  const { arrival, nights, taken } = guest.state.booking
  const first = addDays(today(), 1)
  const stay = new Set(Array.from({ length: nights }, (_, index) => addDays(arrival, index)))
  const days = Array.from({ length: DAYS_OFFERED }, (_, index) => addDays(first, index))
  return h(
    'fieldset',
    { class: 'days-field' },
    h('legend', {}, t('arrival'), h('small', {}, ` ${stayLine(arrival, addDays(arrival, nights), nights)}`)),
    h(
      'div',
      { class: 'days' },
      days.map((day) =>
        h(
          'label',
          { class: `day${stay.has(day) ? ' in-stay' : ''}${taken.has(day) ? ' taken' : ''}` },
          h('input', {
            type: 'radio',
            name: 'arrival',
            id: `day-${day}`,
            value: day,
            checked: day === arrival,
            disabled: taken.has(day),
            onChange: () => guest.changeBooking({ arrival: day }),
          }),
          h('span', { class: 'day-week' }, taken.has(day) ? t('booked') : weekday(day, locale())),
          h('span', { class: 'day-date' }, day.slice(8).replace(/^0/, '')),
          h('span', { class: 'unseen' }, dayText(day, locale())),
        ),
      ),
    ),
  )
}

export function stayLine(from, to, nights) {
  const language = locale()
  const days = { nights, from: dayText(from, language), to: dayText(to, language) }
  return nights === 1 ? t('stayLineOne', days) : t('stayLine', days)
}

export function guestsLine(count) {
  return count === 1 ? t('guestsLineOne') : t('guestsLine', { count })
}

function stepper(guest, { name, label, unit, most }) {
  const value = guest.state.booking[name]
  const button = (id, text, sign, next, disabled) =>
    h(
      'button',
      { id, type: 'button', 'aria-label': text, disabled, onClick: () => guest.changeBooking({ [name]: next }) },
      sign,
    )
  return h(
    'div',
    { class: 'field', role: 'group', 'aria-label': label },
    h('span', {}, label),
    h(
      'span',
      { class: 'stepper' },
      button(`${name}-fewer`, t('fewer', { what: unit }), '−', value - 1, value <= 1),
      h('output', { id: name, 'aria-live': 'polite' }, String(value)),
      button(`${name}-more`, t('more', { what: unit }), '+', value + 1, value >= most),
    ),
  )
}

function priceLine(label, fen, name = '') {
  return [h('dt', { class: name }, label), h('dd', { class: name }, yuan(fen))]
}

function priceLines(booking) {
  const { stay, meals, total } = priceOf(booking)
  return h(
    'dl',
    { class: 'prices' },
    priceLine(t('roomPrice'), stay),
    meals > 0 ? priceLine(t('foodPrice'), meals) : [],
    priceLine(t('total'), total, 'sum'),
  )
}
