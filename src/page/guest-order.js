import { cover } from './cover.js'
import { homestayText } from './demo-text.js'
import { h } from './dom.js'
import { clock, countdown, nightsBetween, spaced, yuan } from './format.js'
import { failureBox, guestsLine, stayLine } from './guest-screens.js'
import { hasText, t } from './text.js'

const messageTitles = { amount2: 'messagePaid', date2: 'messageCheckIn', amount3: 'messageRefunded' }
/** A code's arrival is animated once. */
const shownCodes = new Set()

export function ordersScreen(guest) {
  const { orders } = guest.state
  const newestFirst = orders.toSorted((one, other) =>
    one.sn === other.sn ? 0 : one.payBefore < other.payBefore ? 1 : -1,
  )
  return [
    h('h3', { class: 'screen-title', tabindex: -1 }, t('tabOrders')),
    failureBox(guest.state),
    orders.length === 0 && h('p', { class: 'empty' }, t('noOrders')),
    h(
      'ul',
      { class: 'orders' },
      newestFirst.map((order) =>
        h(
          'li',
          {},
          h(
            'button',
            { class: 'order-row', id: `order-${order.sn}`, onClick: () => void guest.showOrder(order) },
            cover(order.homestayId),
            h(
              'span',
              {},
              h('strong', {}, homestayText(order).title),
              h('span', { class: 'dim' }, line(order)),
              h('span', { class: `state state-${order.tradeState}` }, t(order.tradeState)),
            ),
          ),
        ),
      ),
    ),
  ]
}

function line({ liveStartDate, liveEndDate }) {
  return stayLine(liveStartDate, liveEndDate, nightsBetween(liveStartDate, liveEndDate))
}

/** @param onCode called with the entry code when the guest shows it. */
export function orderScreen(guest, { isSandbox, onCode }) {
  const { state } = guest
  const { order } = state
  const waits = order.tradeState === 'WAIT_PAY'
  const isUnderReview = order.payment?.underReview === true
  const isPaid = waits && (isUnderReview || state.paid.has(order.payment?.sn))
  const title = isUnderReview ? 'underReview' : isPaid ? 'confirming' : order.tradeState
  return [
    h(
      'div',
      { class: `order-head state-${isPaid ? 'CONFIRMING' : order.tradeState}` },
      cover(order.homestayId),
      h('h3', { id: 'order-state', tabindex: -1 }, t(title)),
      waits && !isPaid && deadline(order),
      isPaid && !isUnderReview && h('span', { class: 'spinner', 'aria-hidden': 'true' }),
    ),
    h(
      'div',
      { class: 'order-body' },
      livePill(state),
      isUnderReview && h('p', { class: 'aside', id: 'under-review' }, t('underReviewHint')),
      order.tradeCode && ticket(order, onCode),
      failureBox(state),
      isSandbox || order.tradeState !== 'WAIT_PAY' ? undefined : h('p', { class: 'aside' }, t('realWechat')),
      orderFacts(order),
      orderActions(guest, { isPaid }),
    ),
  ]
}

function deadline({ payBefore }) {
  const time = h('b', { 'data-until': payBefore }, countdown(payBefore))
  const [before, after] = t('payWithin', { time: '\0' }).split('\0')
  return h('p', { class: 'deadline' }, before, time, after)
}

/** The state of the last push, and whether another one may come. */
function livePill({ order: { payment }, watched, isLive }) {
  if (!payment) return undefined
  const status = h('code', { id: 'pay-status' }, `${payment.status} v${payment.version}`)
  if (!watched.has(payment.sn)) return h('p', { class: 'live over' }, h('span', {}, t('notLive')), status)
  return h(
    'p',
    { class: `live${isLive ? '' : ' broken'}` },
    h('span', { class: 'live-dot', 'aria-hidden': 'true' }),
    h('span', {}, isLive ? t('live') : t('liveBroken')),
    status,
  )
}

function ticket({ tradeCode }, onCode) {
  const isNew = !shownCodes.has(tradeCode)
  shownCodes.add(tradeCode)
  return h(
    'button',
    { class: isNew ? 'ticket arriving' : 'ticket', id: 'ticket', onClick: () => onCode(tradeCode) },
    h('span', { class: 'ticket-label' }, t('codeLabel')),
    h('span', { class: 'ticket-code', id: 'trade-code' }, spaced(tradeCode)),
    h('span', { class: 'ticket-hint' }, t('showCode')),
  )
}

function fact(label, value) {
  return [h('dt', {}, label), h('dd', {}, value)]
}

function orderFacts(order) {
  const { title } = homestayText(order)
  const people = [guestsLine(order.livePeopleNum), order.needFood && t('withFood')].filter(Boolean)
  const refunded = order.payment?.refundedTotal ?? 0
  return [
    h(
      'p',
      { class: 'order-title' },
      h('strong', {}, title),
      h('span', { class: 'dim' }, `${line(order)} · ${people.join(' · ')}`),
    ),
    h(
      'dl',
      { class: 'prices' },
      fact(t('total'), yuan(order.orderTotalPrice)),
      order.payment?.payerTotal ? fact(t('paidAmount'), yuan(order.payment.payerTotal)) : [],
      refunded > 0 ? fact(t('refundedAmount'), yuan(refunded)) : [],
      fact(t('orderNumber'), h('code', {}, order.sn)),
    ),
  ]
}

function orderActions(guest, { isPaid }) {
  const { order, isBusy } = guest.state
  const button = (id, kind, text, onClick) =>
    h('button', { id, class: `${kind} wide`, 'aria-disabled': isBusy && 'true', onClick: () => void onClick() }, text)
  if (order.tradeState === 'WAIT_PAY') {
    if (isPaid) return undefined
    return [
      button('pay', 'wechat-button', `${t('pay')} ${yuan(order.orderTotalPrice)}`, guest.pay),
      button('cancel', 'plain-button', t('cancel'), guest.cancel),
    ]
  }
  if (order.tradeState === 'WAIT_USE') return button('refund', 'plain-button', t('refund'), guest.refund)
  if (order.tradeState === 'REFUNDING') return undefined
  return button('another', 'plain-button', t('anotherStay'), () => guest.showTab('stays'))
}

export function messagesScreen(guest) {
  const { messages } = guest.state
  return [
    h('h3', { class: 'screen-title', tabindex: -1 }, t('tabMessages')),
    messages.length === 0 && h('p', { class: 'empty' }, t('noMessages')),
    h(
      'ul',
      { class: 'messages' },
      messages.map((message) => h('li', { class: 'message' }, messageCard(message))),
    ),
  ]
}

function messageCard({ data, sentAt }) {
  return [
    h('p', { class: 'message-from' }, t('serviceNotice'), h('time', {}, clock(new Date(sentAt), true))),
    h('strong', {}, messageTitle({ data })),
    h(
      'dl',
      { class: 'prices' },
      Object.entries(data).map(([key, { value }]) => [
        h('dt', {}, hasText(key) ? t(key) : key),
        h('dd', { lang: 'zh' }, value),
      ]),
    ),
  ]
}

export function messageTitle({ data }) {
  const key = Object.keys(messageTitles).find((key) => key in data)
  return key === undefined ? t('serviceNotice') : t(messageTitles[key])
}
