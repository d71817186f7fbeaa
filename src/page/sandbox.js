import { clock, shorten } from './format.js'
import { t } from './text.js'

const LOOK_MS = 600
const LOOK_IDLE_MS = 3000
/** How long after the last thing that we did something is expected. */
const BUSY_MS = 20_000

/**
 * The WeChat sandbox: the guest's phone pays there, and its ledger tells what travelled between WeChat and the API.
 *
 * @param onMessage hears each subscribe message that the guest receives.
 */
export function openSandbox({ url, wire, onMessage }) {
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
  let looking
  let isWaiting = false

  const call = async (path, body) => {
    const response = await fetch(`${url}/sandbox/${path}`, {
      ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { ok: response.ok, json: await response.json() }
  }
  const lookOnce = async () => {
    const { json } = await call('ledger')
    ledger.last = json
    isWaiting = drawLedger({ wire, ledger }, json)
    for (const message of newMessages(ledger, json)) {
      ledger.messages.add(message.messageId)
      onMessage(message)
    }
  }
  /** Draws what is new in the ledger. A sandbox that is away is looked at again later. */
  const look = () =>
    (looking ??= lookOnce()
      .catch(() => {})
      .finally(() => (looking = undefined)))
  const schedule = () => {
    clearTimeout(timer)
    const busy = Date.now() < busyUntil
    if (!busy && !isWaiting) return
    timer = setTimeout(() => void look().then(schedule), busy ? LOOK_MS : LOOK_IDLE_MS)
  }
  /** Something was done that the ledger will show. */
  const stir = () => {
    busyUntil = Date.now() + BUSY_MS
    schedule()
  }

  return {
    look,
    stir,
    /** Messages to this user are heard from now on; those of before are the answer, oldest first. */
    async follow(openid) {
      const { json } = await call('ledger')
      ledger.openid = openid
      const messages = newMessages(ledger, json)
      for (const { messageId } of messages) ledger.messages.add(messageId)
      return messages
    },
    /** Everything about this payment is drawn from now on; what is known already, before this ends. */
    async watch(paymentSn) {
      ledger.payments.add(paymentSn)
      stir()
      await look()
    },
    /** Disturbs the next notice of a payment: `lost`, `twice`, or `wrong-signature`. */
    async disturb(paymentSn, kind) {
      const fault = { endpoint: 'payment-notice', kind, times: 1, match: paymentSn }
      ledger.faults.set(paymentSn, kind)
      await call('faults', fault)
    },
    /** What WeChat answers to the phone: `{ transactionId }`, or `{ code, message }`. */
    async pay({ paymentSn: _ours, __typename: _type, ...phone }) {
      const row = wire.add({ from: 'guest', to: 'wechat', title: () => t('wirePay'), parts: [{ json: phone }] })
      const { ok, json } = await call('pay', phone)
      row.answer({ failed: !ok, note: json.code ?? shorten(json.transactionId), parts: [{ json }] })
      stir()
      return json
    },
    /** The bank pays although nobody asks for it any more. */
    async payLate(outTradeNo) {
      const row = wire.add({
        from: 'guest',
        to: 'wechat',
        title: () => t('wireLate'),
        parts: [{ text: () => t('wireLateWhy') }, { json: { outTradeNo } }],
      })
      const { ok, json } = await call('late-payment', { outTradeNo })
      row.answer({ failed: !ok, note: json.code ?? shorten(json.transactionId), parts: [{ json }] })
      stir()
      return json
    },
    /** Whether WeChat's word about a payment has come by itself; when it hasn't, somebody asked for it. */
    async cameByNotice(paymentSn) {
      await look()
      const notice = ledger.last.notices.find(({ subject }) => subject === paymentSn)
      return notice === undefined || notice.attempts === 0 || notice.state === 'TAKEN'
    },
  }
}

function newMessages({ openid: mine, messages: known }, { messages }) {
  return messages.filter(({ openid, messageId }) => openid === mine && !known.has(messageId))
}

/** A call of ours, as the ledger tells it. */
function seen(title, json) {
  return { from: 'api', to: 'wechat', title, parts: [{ text: () => t('wireLedger') }, { json }] }
}

/** @returns whether WeChat still has something to send. */
function drawLedger({ wire, ledger }, { orders, refunds, notices, messages }) {
  /** Draws a row once, and its answer whenever that changes. */
  const draw = (key, row, answer) => {
    const known = ledger.rows.get(key) ?? { row: wire.add(row), note: '' }
    ledger.rows.set(key, known)
    if (!answer || answer.state === known.state) return
    known.state = answer.state
    known.row.answer(answer)
  }

  const subjects = new Map([...ledger.payments].map((sn) => [sn, sn]))
  for (const order of orders.filter(({ outTradeNo }) => ledger.payments.has(outTradeNo))) {
    const { outTradeNo, state, prepayIds } = order
    draw(`prepay ${outTradeNo}`, seen('prepay', order.firstRequest), {
      state: 'given',
      note: `prepay_id ×${prepayIds.length}`,
      parts: [{ json: { prepay_id: prepayIds.at(-1)?.prepayId } }],
    })
    if (state === 'CLOSED')
      draw(`close ${outTradeNo}`, seen('close', { out_trade_no: outTradeNo }), { state, note: '204' })
  }
  for (const refund of refunds.filter(({ outTradeNo }) => ledger.payments.has(outTradeNo))) {
    subjects.set(refund.outRefundNo, refund.outTradeNo)
    draw(`refund ${refund.outRefundNo}`, seen('refund', refund.firstRequest ?? refund), {
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
      title: () => t('wireMessage'),
      parts: [{ json: { template_id: templateId, page, data } }],
    })
  }
  return mine.some(({ state }) => state === 'WAITING')
}

/** One row for every delivery; the first is there as soon as it is under way. */
function drawNotice(draw, notice, fault) {
  const { noticeId, eventType, attempts, state, nextAttemptAt, content } = notice
  for (let attempt = 1; attempt <= Math.max(1, attempts); attempt++) {
    const disturbed = attempt === 1 ? fault : undefined
    const isOver = attempt <= attempts
    const isTaken = isOver && attempt === attempts && state === 'TAKEN'
    const isLost = isOver && !isTaken && disturbed !== 'wrong-signature'
    // Of an earlier delivery it isn't known any more when the next one was due.
    const isNext = attempt === attempts && state === 'WAITING'
    const again = () => isNext && t('wireAgain', { time: clock(new Date(nextAttemptAt)) })
    draw(
      `notice ${noticeId} ${attempt}`,
      {
        from: 'wechat',
        to: 'api',
        title: () =>
          [eventType, disturbed === 'twice' && '×2', attempt > 1 && t('wireRepeat', { attempt })]
            .filter(Boolean)
            .join(' '),
        ...(disturbed === 'lost' ? { tone: 'lost', note: () => joined(t('wireLost'), isOver && again()) } : {}),
        parts: [{ text: () => t('wireNotice') }, { json: content }],
      },
      isOver && !(isLost && disturbed === 'lost')
        ? {
            state: 'over',
            failed: !isTaken,
            note: isTaken ? '204' : () => joined(disturbed === 'wrong-signature' ? '401' : t('wireUntaken'), again()),
          }
        : undefined,
    )
  }
}

function joined(...parts) {
  return parts.filter(Boolean).join(' · ')
}
