import { h, replace } from './dom.js'
import { t } from './text.js'

const NOTICES = { noticeArrives: '', noticeLost: 'lost', noticeTwice: 'twice', noticeForged: 'wrong-signature' }

/** Faults to try out: a notice that goes wrong, a second payment, a late bank. */
export function openTrouble({ element }) {
  let chosen = 'noticeArrives'
  /** The result of the last fault, and the order that it belongs to. */
  let result = { sn: '', text: () => '' }

  const draw = (guest) => {
    const make = (work) => async () => {
      const { sn } = guest.state.order
      const text = await work()
      result = { sn, text: text ?? (() => '') }
      draw(guest)
      element.querySelector('.found').scrollIntoView({ block: 'nearest' })
    }
    const { order } = guest.state
    replace(
      element,
      noticeField(chosen, (name) => (chosen = name)),
      h('div', { class: 'trouble-buttons' }, troubleButtons(guest, make)),
      h('p', { class: 'found', role: 'status' }, order && result.sn === order.sn ? result.text() : ''),
    )
  }

  return {
    draw,
    /** The fault of the next payment's notice, for one payment only; undefined when the notice arrives as usual. */
    noticeFault() {
      const fault = NOTICES[chosen] || undefined
      chosen = 'noticeArrives'
      return fault
    },
  }
}

/** Chooses what happens to the next notice. */
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

/** @param make turns work on the order into a click listener. */
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
