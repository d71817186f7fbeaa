import { h, replace } from './dom.js'
import { t } from './text.js'

const NOTICES = { noticeArrives: '', noticeLost: 'lost', noticeTwice: 'twice', noticeForged: 'wrong-signature' }

/** What can go wrong, at a tap: a disturbed notice, a second payment, a bank that is late. */
export function openTrouble({ element }) {
  let chosen = 'noticeArrives'
  /** What came of the last trouble, and of which order that is true. */
  let found = { sn: '', text: () => '' }

  const draw = (guest) => {
    const make = (work) => async () => {
      const { sn } = guest.state.order
      const text = await work()
      found = { sn, text: text ?? (() => '') }
      draw(guest)
      element.querySelector('.found').scrollIntoView({ block: 'nearest' })
    }
    const { order } = guest.state
    replace(
      element,
      noticeField(chosen, (name) => (chosen = name)),
      h('div', { class: 'trouble-buttons' }, troubleButtons(guest, make)),
      h('p', { class: 'found', role: 'status' }, order && found.sn === order.sn ? found.text() : ''),
    )
  }

  return {
    draw,
    /** How the next payment's notice shall be disturbed; undefined when it shall arrive, as the one after it will. */
    disturbance() {
      const disturbance = NOTICES[chosen] || undefined
      chosen = 'noticeArrives'
      return disturbance
    },
  }
}

/** What becomes of the next notice. */
function noticeField(chosen, onChoice) {
  const choice = (name) =>
    h(
      'label',
      {},
      h('input', { type: 'radio', name: 'notice', id: name, checked: name === chosen, onChange: () => onChoice(name) }),
      h('span', {}, t(name)),
    )
  return h(
    'fieldset',
    {},
    h('legend', {}, t('troubleNotice')),
    h('div', { class: 'choices' }, Object.keys(NOTICES).map(choice)),
  )
}

/** @param make turns work on the order into what a button does. */
function troubleButtons(guest, make) {
  const { order, isBusy, paid } = guest.state
  const payment = order?.payment
  const isPaid = payment !== undefined && payment !== null && !['PENDING', 'CLOSED'].includes(payment.status)
  const isOnItsWay = paid.has(payment?.sn)
  const canBeLate = payment && !isPaid && !isOnItsWay && ['WAIT_PAY', 'CANCELLED'].includes(order.tradeState)
  const button = (id, isPossible, work) =>
    h(
      'button',
      { id, class: 'trouble-button', disabled: !isPossible, 'aria-disabled': isBusy && 'true', onClick: make(work) },
      h('strong', {}, t(id)),
      h('span', {}, t(`${id}Why`)),
    )
  return [
    button('payAgain', payment?.status === 'SUCCESS', guest.payAgain),
    button('bankLate', canBeLate, guest.payLate),
  ]
}
