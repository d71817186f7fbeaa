import { clock, shorten } from './format.js'
import { t } from './text.js'

const POLL_MS = 600
const POLL_IDLE_MS = 3000
/** For how long after an action of ours changes are expected. */
const BUSY_MS = 20_000

/**
 * The WeChat sandbox: the guest's phone pays there, and its ledger shows what WeChat and the API sent each other.
 *
 * @param onMessage called with each subscribe message that the guest receives.
 */
export function openSandbox({ url, traffic, onMessage }) {
  const ledger = {
    rows: new Map(),
    payments: new Set(),
    faults: new Map(),
    messages: new Set(),
    openid: '',
    last: { notices: [] },
  }
  let busyUntil = 0
  let timer
  let reading
  let isWaiting = false

  const call = async (path, body) => {
    const response = await fetch(`${url}/sandbox/${path}`, {
      ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { ok: response.ok, json: await response.json() }
  }
  const readLedger = async () => {
    const { json } = await call('ledger')
    ledger.last = json
    isWaiting = drawLedger({ traffic, ledger }, json)
    for (const message of newMessages(ledger, json)) {
      ledger.messages.add(message.messageId)
      onMessage(message)
    }
  }
  /** Draws what is new in the ledger. An unreachable sandbox is read again later. */
  const refresh = () =>
    (reading ??= readLedger()
      .catch(() => {})
      .finally(() => (reading = undefined)))
  const schedule = () => {
    clearTimeout(timer)
    const busy = Date.now() < busyUntil
    if (!busy && !isWaiting) return
    timer = setTimeout(() => void refresh().then(schedule), busy ? POLL_MS : POLL_IDLE_MS)
  }
  /** To be called after an action that will show in the ledger. */
  const expectChanges = () => {
    busyUntil = Date.now() + BUSY_MS
    schedule()
  }

  return {
    refresh,
    expectChanges,
    /** Watches for messages to this user from now on; returns the earlier ones, oldest first. */
    async watchMessages(openid) {
      const { json } = await call('ledger')
      ledger.openid = openid
      const messages = newMessages(ledger, json)
      for (const { messageId } of messages) ledger.messages.add(messageId)
      return messages
    },
    /** Draws everything about this payment from now on, and what is already known before it resolves. */
    async watch(paymentSn) {
      ledger.payments.add(paymentSn)
      expectChanges()
      await refresh()
    },
    /** Injects a fault into the next notice of a payment: `lost`, `twice`, or `wrong-signature`. */
    async addNoticeFault(paymentSn, kind) {
      const fault = { endpoint: 'payment-notice', kind, times: 1, match: paymentSn }
      ledger.faults.set(paymentSn, kind)
      await call('faults', fault)
    },
    /** Resolves with WeChat's answer to the phone: `{ transactionId }`, or `{ code, message }`. */
    async pay({ paymentSn: _ours, __typename: _type, ...phone }) {
      const row = traffic.add({ from: 'guest', to: 'wechat', title: () => t('trafficPay'), parts: [{ json: phone }] })
      const { ok, json } = await call('pay', phone)
      row.answer({ failed: !ok, note: json.code ?? shorten(json.transactionId), parts: [{ json }] })
      expectChanges()
      return json
    },
    /** The bank charges the guest although the order is no longer open. */
    async payLate(outTradeNo) {
      const row = traffic.add({
        from: 'guest',
        to: 'wechat',
        title: () => t('trafficLate'),
        parts: [{ text: () => t('trafficLateWhy') }, { json: { outTradeNo } }],
      })
      const { ok, json } = await call('late-payment', { outTradeNo })
      row.answer({ failed: !ok, note: json.code ?? shorten(json.transactionId), parts: [{ json }] })
      expectChanges()
      return json
    },
    /** Whether WeChat's report about a payment came by notice; if not, the server has queried it. */
    async cameByNotice(paymentSn) {
      await refresh()
      const notice = ledger.last.notices.find(({ subject }) => subject === paymentSn)
      return notice === undefined || notice.attempts === 0 || notice.state === 'TAKEN'
    },
  }
}

function newMessages({ openid: mine, messages: known }, { messages }) {
  return messages.filter(({ openid, messageId }) => openid === mine && !known.has(messageId))
}

/** A call of the API, as the ledger shows it. */
function apiCall(title, json) {
  return { from: 'api', to: 'wechat', title, parts: [{ text: () => t('trafficLedger') }, { json }] }
}

/** @returns whether WeChat still has notices to send. */
function drawLedger({ traffic, ledger }, { orders, refunds, notices, messages }) {
  /** Draws a row once, and its answer each time that it changes. */
  const draw = (key, row, answer) => {
    const known = ledger.rows.get(key) ?? { row: traffic.add(row), note: '' }
    ledger.rows.set(key, known)
    if (!answer || answer.state === known.state) return
    known.state = answer.state
    known.row.answer(answer)
  }

  const subjects = new Map([...ledger.payments].map((sn) => [sn, sn]))
  for (const order of orders.filter(({ outTradeNo }) => ledger.payments.has(outTradeNo))) {
    const { outTradeNo, state, prepayIds } = order
    draw(`prepay ${outTradeNo}`, apiCall('prepay', order.firstRequest), {
      state: 'given',
      note: `prepay_id ×${prepayIds.length}`,
      parts: [{ json: { prepay_id: prepayIds.at(-1)?.prepayId } }],
    })
    if (state === 'CLOSED')
      draw(`close ${outTradeNo}`, apiCall('close', { out_trade_no: outTradeNo }), { state, note: '204' })
  }
  for (const refund of refunds.filter(({ outTradeNo }) => ledger.payments.has(outTradeNo))) {
    subjects.set(refund.outRefundNo, refund.outTradeNo)
    draw(`refund ${refund.outRefundNo}`, apiCall('refund', refund.firstRequest ?? refund), {
      state: refund.status,
      note: refund.status,
      parts: [{ json: { refund_id: refund.refundId, status: refund.status } }],
    })
  }
  const mine = notices.filter(({ subject }) => subjects.has(subject))
  for (const notice of mine) drawNotice(draw, notice, ledger.faults.get(notice.subject))
  for (const message of newMessages(ledger, { messages })) {
    const { templateId, data, page } = message
    draw(`message ${message.messageId}`, {
      from: 'wechat',
      to: 'guest',
      title: () => t('trafficMessage'),
      parts: [{ json: { template_id: templateId, page, data } }],
    })
  }
  return mine.some(({ state }) => state === 'WAITING')
}

/** One row for every delivery; the first is drawn as soon as it is under way. */
function drawNotice(draw, notice, fault) {
  const { noticeId, eventType, attempts, state, nextAttemptAt, content } = notice
  for (let attempt = 1; attempt <= Math.max(1, attempts); attempt++) {
    const injected = attempt === 1 ? fault : undefined
    const isOver = attempt <= attempts
    const isTaken = isOver && attempt === attempts && state === 'TAKEN'
    const isLost = isOver && !isTaken && injected !== 'wrong-signature'
    // For earlier deliveries, the ledger no longer knows when the next one was due.
    const isNext = attempt === attempts && state === 'WAITING'
    const again = () => isNext && t('trafficAgain', { time: clock(new Date(nextAttemptAt)) })
    draw(
      `notice ${noticeId} ${attempt}`,
      {
        from: 'wechat',
        to: 'api',
        title: () =>
          [eventType, injected === 'twice' && '×2', attempt > 1 && t('trafficRepeat', { attempt })]
            .filter(Boolean)
            .join(' '),
        ...(injected === 'lost' ? { tone: 'lost', note: () => joined(t('trafficLost'), isOver && again()) } : {}),
        parts: [{ text: () => t('trafficNotice') }, { json: content }],
      },
      isOver && !(isLost && injected === 'lost')
        ? {
            state: 'over',
            failed: !isTaken,
            note: isTaken ? '204' : () => joined(injected === 'wrong-signature' ? '401' : t('trafficUntaken'), again()),
          }
        : undefined,
    )
  }
}

function joined(...parts) {
  return parts.filter(Boolean).join(' · ')
}
