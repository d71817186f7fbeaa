import type { Indexed, Violation } from './indexed.ts'

const USABLE = ['WAIT_USE', 'USED', 'EXPIRED']

/**
 * Every transaction that succeeded at WeChat is recorded as WeChat has it, and has ended as exactly one of an order that is
 * paid, or a refund; nothing was refunded that nobody asked for.
 */
export function checkMoney(indexed: Indexed): Violation[] {
  const { wechat, payments } = indexed.evidence
  return [
    ...wechat.orders.flatMap((order) => checkTransaction(indexed, order)),
    ...payments.filter(({ paidTotal }) => paidTotal !== null).flatMap((payment) => checkPaid(indexed, payment)),
    ...checkRefunds(indexed),
  ]
}

function checkTransaction(
  { paymentOf, orderOf, refundedFenOf, askedOrderSns }: Indexed,
  { outTradeNo, totalFen, payment: paid }: Indexed['evidence']['wechat']['orders'][number],
): Violation[] {
  if (!paid) return []
  const payment = paymentOf.get(outTradeNo)
  const say = (text: string): Violation => ({ rule: 'money', text: `${outTradeNo}: ${text}`, paymentSn: outTradeNo })
  if (!payment) return [say('WeChat has its money, and there is no such payment')]
  if (payment.transactionId !== paid.transactionId) {
    return [say(`transaction ${paid.transactionId} at WeChat, ${payment.transactionId ?? 'none'} here`)]
  }
  const refundedFen = refundedFenOf(outTradeNo)
  const violations: Violation[] = []
  if (payment.paidTotal !== totalFen) violations.push(say(`${totalFen} fen at WeChat, ${payment.paidTotal} here`))
  if (payment.refundedTotal !== refundedFen) {
    violations.push(say(`${refundedFen} fen refunded at WeChat, ${payment.refundedTotal} here`))
  }
  const order = orderOf.get(payment.orderSn)
  const pays = order?.paidBySn === outTradeNo && USABLE.includes(order.tradeState)
  if (refundedFen > totalFen) violations.push(say(`${refundedFen} of ${totalFen} fen were refunded`))
  if (refundedFen < totalFen && !pays) violations.push(say('its money neither pays an order nor was refunded'))
  if (refundedFen === totalFen && pays)
    violations.push(say(`its money went back, and its order is ${order.tradeState}`))
  const isLate = order !== undefined && paid.paidAt > order.payBefore.getTime()
  if (refundedFen > 0 && !askedOrderSns.has(payment.orderSn) && !isLate)
    violations.push(say('its money went back, and nobody asked for it'))
  return violations
}

function checkPaid({ wechatOrderOf }: Indexed, { sn }: { sn: string }): Violation[] {
  if (wechatOrderOf.get(sn)?.payment) return []
  return [{ rule: 'money', text: `${sn}: paid here, and not at WeChat`, paymentSn: sn }]
}

/** WeChat's refunds and ours are the same, in the same state. */
function checkRefunds({ evidence }: Indexed): Violation[] {
  const ours = new Map(evidence.refunds.map((refund) => [refund.outRefundNo, refund.status]))
  return evidence.wechat.refunds.flatMap(({ outRefundNo, outTradeNo, status }) => {
    const here = ours.get(outRefundNo) ?? 'unknown'
    if (here === status) return []
    return [{ rule: 'money', text: `refund ${outRefundNo}: ${status} at WeChat, ${here} here`, paymentSn: outTradeNo }]
  })
}
