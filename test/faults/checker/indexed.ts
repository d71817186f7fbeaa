import type { Evidence } from '../evidence.ts'

export type Rule =
  | 'money'
  | 'durability'
  | 'messages'
  | 'monotony'
  | 'finality'
  | 'events'
  | 'no process ended by itself'
  | 'recovery time'

export interface Violation {
  rule: Rule
  text: string
  /** Whose timeline explains it. */
  paymentSn?: string
}

type Payment = Evidence['payments'][number]
type PaymentEvent = Evidence['events'][number]
type WechatOrder = Evidence['wechat']['orders'][number]

/** The evidence, and what is looked up in it again and again. */
export interface Indexed {
  evidence: Evidence
  paymentOf: Map<string, Payment>
  orderOf: Map<string, Evidence['orders'][number]>
  wechatOrderOf: Map<string, WechatOrder>
  /** By payment, by rising version. */
  eventsOf: Map<string, PaymentEvent[]>
  /** The orders whose money somebody asked back, or paid late. */
  askedOrderSns: Set<string>
  /** Fen that WeChat has given back of this `out_trade_no`. */
  refundedFenOf(outTradeNo: string): number
}

export function indexEvidence(evidence: Evidence): Indexed {
  const { payments, orders, events, wechat } = evidence
  const succeeded = wechat.refunds.filter(({ status }) => status === 'SUCCESS')
  const refundsOf = groupBy(succeeded, ({ outTradeNo }) => outTradeNo)
  return {
    evidence,
    paymentOf: new Map(payments.map((payment) => [payment.sn, payment])),
    orderOf: new Map(orders.map((order) => [order.sn, order])),
    wechatOrderOf: new Map(wechat.orders.map((order) => [order.outTradeNo, order])),
    eventsOf: groupBy(
      events.toSorted((one, other) => one.version - other.version),
      ({ paymentSn }) => paymentSn,
    ),
    askedOrderSns: new Set(evidence.asked.map(({ orderSn }) => orderSn)),
    refundedFenOf: (outTradeNo) => (refundsOf.get(outTradeNo) ?? []).reduce((sum, { refundFen }) => sum + refundFen, 0),
  }
}

/** In their order. */
export function groupBy<Row>(rows: Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}
