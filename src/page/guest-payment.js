import { shorten } from './format.js'
import { failureText, t } from './text.js'

/** How long the app waits for a push before it asks, and how often it does. */
const ASK_AFTER_MS = 4000
const ASK_TIMES = 8
/** How long WeChat's sheet says "paid" before it goes away. */
const SHEET_LINGERS_MS = 1100

/** The guest's payments: opening, paying, watching, asking, giving back. */
export function openPayments({ api, live, sandbox, wire, state, change, keepOrder, loadOrder, fail }) {
  /** What is known of each payment. */
  const known = new Map()
  /** What the phone was handed for each payment. */
  const handed = new Map()
  /** States are taken one after the other, in the order in which they came. */
  let taking = Promise.resolve()

  const take = (orderSn, payment, isPush) => {
    taking = taking.then(() => apply(orderSn, payment, isPush)).catch(fail)
    return taking
  }
  const apply = async (orderSn, payment, isPush) => {
    const before = known.get(payment.sn) ?? { version: 0, status: 'PENDING' }
    const isNews = payment.version > before.version
    const wasPaid = before.status !== 'PENDING'
    // What happened before the push is drawn before it.
    const byNotice = (await sandbox?.cameByNotice(payment.sn)) ?? true
    if (isNews && !wasPaid && payment.status === 'SUCCESS' && !byNotice) drawAsked(wire, payment)
    if (isPush) drawPush(wire, payment)
    known.set(payment.sn, { version: payment.version, status: payment.status })
    const order = state.orders.find(({ sn }) => sn === orderSn)
    if (order) keepOrder({ ...order, payment })
    // Beside the queue: what comes meanwhile is drawn when it comes.
    if (isNews && payment.status !== 'PENDING') {
      loadOrder((read) => isApplied(read, payment), orderSn).catch(fail)
    }
  }
  const watch = async (orderSn, paymentSn) => {
    if (state.watched.has(paymentSn)) return
    state.watched.add(paymentSn)
    // What led here is drawn first.
    await sandbox?.watch(paymentSn)
    const forget = () => {
      state.watched.delete(paymentSn)
      change({})
    }
    live.subscribe(
      'paymentStatusChanged',
      { sn: paymentSn },
      {
        onNext: ({ data }) => void take(orderSn, data.paymentStatusChanged, true),
        onError: forget,
        onComplete: forget,
      },
    )
  }
  /** The push may be lost with the socket, and the notice on its way to the server: an app asks. */
  const askUntilSettled = async (orderSn, paymentSn) => {
    for (let times = 0; times < ASK_TIMES; times++) {
      await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS))
      if (!state.isSignedIn || (known.get(paymentSn)?.status ?? 'PENDING') !== 'PENDING') return
      const payment = await api.call('paymentStatus', { sn: paymentSn })
      if (payment) await take(orderSn, payment, false)
    }
  }

  // Between any two awaits the guest may look at something else: what is done is done to the order it began with.
  const isShown = (orderSn) => state.order?.sn === orderSn
  const refuse = (orderSn, answer) => isShown(orderSn) && change({ failure: failureText(answer) })

  const open = async ({ sn, orderTotalPrice }) => {
    wire.follow()
    const params = await api.call('wxPay', { orderSn: sn })
    if (params.code) {
      refuse(sn, params)
      return loadOrder(undefined, sn)
    }
    handed.set(params.paymentSn, params)
    await watch(sn, params.paymentSn)
    if (!sandbox || !isShown(sn)) return
    change({ sheet: { orderSn: sn, amountFen: orderTotalPrice, params, isPaid: false }, sheetFailure: '' })
  }
  const payOnPhone = async (disturbance) => {
    const { sheet } = state
    const { orderSn, params } = sheet
    const { paymentSn } = params
    if (disturbance) await sandbox.disturb(paymentSn, disturbance)
    const answer = await sandbox.pay(params)
    if (answer.code) return change({ sheetFailure: failureText(answer) })
    state.paid.add(paymentSn)
    const paidSheet = { ...sheet, isPaid: true }
    // Closed meanwhile, it stays closed.
    if (state.sheet === sheet) change({ sheetFailure: '', sheet: paidSheet })
    else change({})
    setTimeout(() => state.sheet === paidSheet && change({ sheet: undefined }), SHEET_LINGERS_MS)
    void askUntilSettled(orderSn, paymentSn).catch(fail)
  }
  /** @returns whether the server did it. */
  const leave = async (operation, { sn }) => {
    const result = await api.call(operation, { sn })
    sandbox?.stir()
    if (result.code) refuse(sn, result)
    await loadOrder(undefined, sn)
    return !result.code
  }
  /** @returns what came of it, as a text in the language of the moment. */
  const payAgain = async ({ sn, payment }) => {
    const answer = await api.call('wxPay', { orderSn: sn })
    const params = handed.get(payment.sn)
    const charged = params && (await sandbox.pay(params))
    if (!charged) return () => t('payAgainServer', { api: answer.code })
    return () => t('payAgainDone', { api: answer.code, wechat: charged.code })
  }
  const payLate = async (order) => {
    const { sn, payment, tradeState } = order
    if (tradeState === 'WAIT_PAY' && !(await leave('cancelHomestayOrder', order))) return undefined
    await watch(sn, payment.sn)
    const answer = await sandbox.payLate(payment.sn)
    return () => (answer.code ? failureText(answer) : t('bankLateDone'))
  }

  return {
    /** Looks at an order, and watches what it is paid with. */
    async show({ sn }) {
      const found = state.orders.find((order) => order.sn === sn)
      change({ order: found, booking: undefined, tab: 'orders' })
      await loadOrder(undefined, sn)
      const { payment } = state.orders.find((order) => order.sn === sn) ?? {}
      if (payment && !['CLOSED', 'REFUNDED'].includes(payment.status)) await watch(sn, payment.sn)
    },
    actions: (act) => ({
      pay: () => act(() => open(state.order)),
      closeSheet: () => change({ sheet: undefined }),
      payOnPhone: (disturbance) => act(() => payOnPhone(disturbance)),
      cancel: () => act(() => leave('cancelHomestayOrder', state.order)),
      refund: () => act(() => leave('refundHomestayOrder', state.order)),
      payAgain: () => findOut(act, () => payAgain(state.order)),
      payLate: () => findOut(act, () => payLate(state.order)),
    }),
  }
}

/** The same as `act`, with what was found out. */
async function findOut(act, work) {
  let found
  await act(async () => {
    found = await work()
  })
  return found
}

function drawPush(wire, payment) {
  wire.add({
    from: 'api',
    to: 'guest',
    title: 'paymentStatusChanged',
    note: `${payment.status} v${payment.version}`,
    parts: [{ json: { type: 'next', payload: { data: { paymentStatusChanged: payment } } } }],
  })
}

function drawAsked(wire, { sn, transactionId }) {
  const row = wire.add({
    from: 'api',
    to: 'wechat',
    title: () => t('wireAsked'),
    tone: 'deduced',
    parts: [{ text: () => t('wireAskedWhy') }, { code: `GET /v3/pay/transactions/out-trade-no/${sn}` }],
  })
  row.answer({ note: `SUCCESS ${shorten(transactionId ?? '', 14)}` })
}

/** Whether the order has become what its payment says. */
function isApplied({ tradeState }, { status }) {
  if (status === 'SUCCESS') return tradeState !== 'WAIT_PAY'
  if (status === 'REFUNDED') return ['REFUNDED', 'CANCELLED'].includes(tradeState)
  return true
}
