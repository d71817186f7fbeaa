import { shorten } from './format.js'
import { failureText, t } from './text.js'

/** How long the app waits for a push before it queries the status, and how many times it queries. */
const QUERY_INTERVAL_MS = 4000
const MAX_QUERIES = 8
/** How long WeChat's sheet shows "paid" before it closes. */
const SHEET_LINGERS_MS = 1100

/** The guest's payments: opening, paying, watching, querying, refunding. */
export function openPayments({ api, live, sandbox, traffic, state, change, keepOrder, loadOrder, fail }) {
  /** The newest version and status received of each payment. */
  const known = new Map()
  /** The `wx.requestPayment` parameters of each payment. */
  const paramsBySn = new Map()
  /** States are applied one after the other, in the order in which they arrived. */
  let applying = Promise.resolve()

  const enqueue = (orderSn, payment, isPush) => {
    applying = applying.then(() => apply(orderSn, payment, isPush)).catch(fail)
    return applying
  }
  const apply = async (orderSn, payment, isPush) => {
    const before = known.get(payment.sn) ?? { version: 0, status: 'PENDING' }
    const isNewer = payment.version > before.version
    const wasPaid = before.status !== 'PENDING'
    // Draws what happened before the push first.
    const byNotice = (await sandbox?.cameByNotice(payment.sn)) ?? true
    if (isNewer && !wasPaid && payment.status === 'SUCCESS' && !byNotice) drawQuery(traffic, payment)
    if (isPush) drawPush(traffic, payment)
    known.set(payment.sn, { version: payment.version, status: payment.status })
    const order = state.orders.find(({ sn }) => sn === orderSn)
    if (order) keepOrder({ ...order, payment })
    // Not awaited: states that arrive in the meantime are drawn as they arrive.
    if (isNewer && payment.status !== 'PENDING') {
      loadOrder((read) => isApplied(read, payment), orderSn).catch(fail)
    }
  }
  const watch = async (orderSn, paymentSn) => {
    if (state.watched.has(paymentSn)) return
    state.watched.add(paymentSn)
    // Draws what happened before the subscription first.
    await sandbox?.watch(paymentSn)
    const removeWatch = () => {
      state.watched.delete(paymentSn)
      change({})
    }
    live.subscribe(
      'paymentStatusChanged',
      { sn: paymentSn },
      {
        onNext: ({ data }) => void enqueue(orderSn, data.paymentStatusChanged, true),
        onError: removeWatch,
        onComplete: removeWatch,
      },
    )
  }
  /** The socket may lose the push, and WeChat's notice may be lost as well: so an app queries the status too. */
  const queryWhilePending = async (orderSn, paymentSn) => {
    for (let times = 0; times < MAX_QUERIES; times++) {
      await new Promise((resolve) => setTimeout(resolve, QUERY_INTERVAL_MS))
      if (!state.isSignedIn || (known.get(paymentSn)?.status ?? 'PENDING') !== 'PENDING') return
      const payment = await api.call('paymentStatus', { sn: paymentSn })
      if (payment) await enqueue(orderSn, payment, false)
    }
  }

  // Between two awaits the guest may open another screen: every step applies to the order that it started with.
  const isShown = (orderSn) => state.order?.sn === orderSn
  const refuse = (orderSn, answer) => isShown(orderSn) && change({ failure: failureText(answer) })

  const open = async ({ sn, orderTotalPrice }) => {
    traffic.scrollToNewest()
    const params = await api.call('wxPay', { orderSn: sn })
    if (params.code) {
      refuse(sn, params)
      return loadOrder(undefined, sn)
    }
    paramsBySn.set(params.paymentSn, params)
    await watch(sn, params.paymentSn)
    if (!sandbox || !isShown(sn)) return
    change({ sheet: { orderSn: sn, amountFen: orderTotalPrice, params, isPaid: false }, sheetFailure: '' })
  }
  const payOnPhone = async (noticeFault) => {
    const { sheet } = state
    const { orderSn, params } = sheet
    const { paymentSn } = params
    if (noticeFault) await sandbox.addNoticeFault(paymentSn, noticeFault)
    const answer = await sandbox.pay(params)
    if (answer.code) return change({ sheetFailure: failureText(answer) })
    state.paid.add(paymentSn)
    const paidSheet = { ...sheet, isPaid: true }
    // A sheet that was closed in the meantime stays closed.
    if (state.sheet === sheet) change({ sheetFailure: '', sheet: paidSheet })
    else change({})
    setTimeout(() => state.sheet === paidSheet && change({ sheet: undefined }), SHEET_LINGERS_MS)
    void queryWhilePending(orderSn, paymentSn).catch(fail)
  }
  /** @returns whether the operation succeeded. */
  const endOrder = async (operation, { sn }) => {
    const result = await api.call(operation, { sn })
    sandbox?.expectChanges()
    if (result.code) refuse(sn, result)
    await loadOrder(undefined, sn)
    return !result.code
  }
  /** @returns a function that gives the result as a text in the page's current language. */
  const payAgain = async ({ sn, payment }) => {
    const answer = await api.call('wxPay', { orderSn: sn })
    const params = paramsBySn.get(payment.sn)
    const charged = params && (await sandbox.pay(params))
    if (!charged) return () => t('payAgainServer', { api: answer.code })
    return () => t('payAgainDone', { api: answer.code, wechat: charged.code })
  }
  const payLate = async (order) => {
    const { sn, payment, tradeState } = order
    if (tradeState === 'WAIT_PAY' && !(await endOrder('cancelHomestayOrder', order))) return undefined
    await watch(sn, payment.sn)
    const answer = await sandbox.payLate(payment.sn)
    return () => (answer.code ? failureText(answer) : t('bankLateDone'))
  }

  return {
    /** Shows an order, and watches its payment. */
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
      payOnPhone: (noticeFault) => act(() => payOnPhone(noticeFault)),
      cancel: () => act(() => endOrder('cancelHomestayOrder', state.order)),
      refund: () => act(() => endOrder('refundHomestayOrder', state.order)),
      payAgain: () => actWithResult(act, () => payAgain(state.order)),
      payLate: () => actWithResult(act, () => payLate(state.order)),
    }),
  }
}

/** Like `act`, but resolves with the result of `work`. */
async function actWithResult(act, work) {
  let result
  await act(async () => {
    result = await work()
  })
  return result
}

function drawPush(traffic, payment) {
  traffic.add({
    from: 'api',
    to: 'guest',
    title: 'paymentStatusChanged',
    note: `${payment.status} v${payment.version}`,
    parts: [{ json: { type: 'next', payload: { data: { paymentStatusChanged: payment } } } }],
  })
}

function drawQuery(traffic, { sn, transactionId }) {
  const row = traffic.add({
    from: 'api',
    to: 'wechat',
    title: () => t('trafficQuery'),
    tone: 'deduced',
    parts: [{ text: () => t('trafficQueryWhy') }, { code: `GET /v3/pay/transactions/out-trade-no/${sn}` }],
  })
  row.answer({ note: `SUCCESS ${shorten(transactionId ?? '', 14)}` })
}

/** Whether the order's state already reflects its payment. */
function isApplied({ tradeState }, { status }) {
  if (status === 'SUCCESS') return tradeState !== 'WAIT_PAY'
  if (status === 'REFUNDED') return ['REFUNDED', 'CANCELLED'].includes(tradeState)
  return true
}
