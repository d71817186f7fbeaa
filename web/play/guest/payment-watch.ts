import type { Payment } from '../api/types.ts'
import { drawPush, drawQuery } from './draw-payment.ts'
import { isApplied, keepOrder } from './orders-known.ts'
import type { PaymentParts } from './parts.ts'

/** How long the app waits for a push before it queries the status, and how many times it queries. */
const QUERY_INTERVAL_MS = 4000
const MAX_QUERIES = 8

/** Hears what becomes of the guest's payments, by push and by query, and reads their orders again. */
export function openPaymentWatch(parts: PaymentParts) {
  const { api, live, sandbox, store } = parts
  const { enqueue, statusOf } = openReports(parts)
  const querying = new Set<string>()
  const setWatched = (paymentSn: string, isWatched: boolean) => {
    const watched = new Set(store.state.watched)
    if (isWatched) watched.add(paymentSn)
    else watched.delete(paymentSn)
    store.change({ watched })
  }
  return {
    async watch(orderSn: string, paymentSn: string) {
      if (store.state.watched.has(paymentSn)) return
      setWatched(paymentSn, true)
      // Draws what happened before the subscription first.
      await sandbox?.watch(orderSn, paymentSn)
      live.watchPayment(paymentSn, {
        orderSn,
        onNext: (payment) => void enqueue(orderSn, payment, true),
        onEnd: () => setWatched(paymentSn, false),
      })
    },
    /** The socket may lose the push, and WeChat's notice may be lost as well: so an app queries the status too. */
    async queryWhilePending(orderSn: string, paymentSn: string) {
      if (querying.has(paymentSn)) return
      querying.add(paymentSn)
      try {
        for (let times = 0; times < MAX_QUERIES; times++) {
          await new Promise((resolve) => setTimeout(resolve, QUERY_INTERVAL_MS))
          if (!store.state.isSignedIn || statusOf(paymentSn) !== 'PENDING') return
          const payment = await api.call('paymentStatus', { sn: paymentSn }, orderSn)
          if (payment) await enqueue(orderSn, payment, false)
        }
      } finally {
        querying.delete(paymentSn)
      }
    },
  }
}

/** What the API reported of each payment, taken one after the other in the order in which it arrived. */
function openReports({ sandbox, traffic, store, loadOrder, fail }: PaymentParts) {
  const known = new Map<string, Pick<Payment, 'version' | 'status'>>()
  let applying: Promise<unknown> = Promise.resolve()

  const apply = async (orderSn: string, payment: Payment, isPush: boolean) => {
    const before = known.get(payment.sn) ?? { version: 0, status: 'PENDING' }
    const isNewer = payment.version > before.version
    // Draws what happened before the push first.
    const byNotice = (await sandbox?.cameByNotice(payment.sn)) ?? true
    if (isNewer && before.status === 'PENDING' && payment.status === 'SUCCESS' && !byNotice)
      drawQuery(traffic, orderSn, payment)
    if (isPush) drawPush(traffic, orderSn, payment)
    known.set(payment.sn, payment)
    const order = store.state.orders.find(({ sn }) => sn === orderSn)
    if (order) keepOrder(store, { ...order, payment })
    // Not awaited: states that arrive in the meantime are drawn as they arrive.
    if (isNewer && payment.status !== 'PENDING') {
      loadOrder(orderSn, (read) => isApplied(read, payment)).catch(fail)
    }
  }
  return {
    enqueue(orderSn: string, payment: Payment, isPush: boolean) {
      applying = applying.then(() => apply(orderSn, payment, isPush)).catch(fail)
      return applying
    },
    statusOf: (paymentSn: string) => known.get(paymentSn)?.status ?? 'PENDING',
  }
}
