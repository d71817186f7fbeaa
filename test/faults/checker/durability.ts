import type { Told } from '../evidence.ts'
import { groupBy, type Indexed, type Violation } from './indexed.ts'

/** The database rounds instants to milliseconds. */
const ROUNDING_MS = 1

/** What we have answered holds: to guests and hosts, and to WeChat about its notices. */
export function checkDurability(indexed: Indexed): Violation[] {
  return [...indexed.evidence.told.flatMap((told) => checkTold(indexed, told)), ...checkNotices(indexed)]
}

function checkTold({ orderOf, paymentOf, evidence }: Indexed, { what, orderSn, paymentSn }: Told): Violation[] {
  const broken = (text: string): Violation[] => [
    { rule: 'durability', text: `${orderSn}: ${text}`, ...(paymentSn === undefined ? {} : { paymentSn }) },
  ]
  const order = orderOf.get(orderSn)
  if (!order) return broken(`was ${what}, and there is no such order`)
  if (what === 'tapped' && !paymentOf.has(paymentSn ?? '')) return broken(`was tapped, and there is no ${paymentSn}`)
  if (what === 'cancelled' && order.tradeState !== 'CANCELLED')
    return broken(`was cancelled, and is ${order.tradeState}`)
  if (what === 'redeemed' && !['USED', 'REFUNDED'].includes(order.tradeState)) {
    return broken(`was redeemed, and is ${order.tradeState}`)
  }
  if (what === 'refund accepted' && !['REFUNDING', 'REFUNDED'].includes(order.tradeState)) {
    const payer = order.paidBySn
    const isClosed = ({ paymentSn, cause, status }: (typeof evidence.refunds)[number]) =>
      paymentSn === payer && cause === 'GUEST' && status === 'CLOSED'
    // WeChat has closed it: the money stays.
    if (!evidence.refunds.some(isClosed)) return broken(`its refund was accepted, and it is ${order.tradeState}`)
  }
  return []
}

/** WeChat never sends a notice again that was taken: its effect, or its mismatch, was committed by then. */
function checkNotices({ evidence, eventsOf }: Indexed): Violation[] {
  const refundOf = new Map(evidence.refunds.map((refund) => [refund.outRefundNo, refund]))
  const mismatchesOf = groupBy(evidence.mismatches, ({ number }) => number)
  return evidence.wechat.notices.flatMap(({ subject, eventType, takenAt }) => {
    if (takenAt === undefined) return []
    const isInTime = (at: Date | null | undefined) => at instanceof Date && at.getTime() <= takenAt + ROUNDING_MS
    if ((mismatchesOf.get(subject) ?? []).some(({ createdAt }) => isInTime(createdAt))) return []
    if (eventType === 'TRANSACTION.SUCCESS') {
      const settled = eventsOf.get(subject)?.find(({ toStatus }) => toStatus === 'SUCCESS')
      if (isInTime(settled?.at)) return []
      return [
        { rule: 'durability', text: `${subject}: its notice was taken before it was settled`, paymentSn: subject },
      ]
    }
    const refund = refundOf.get(subject)
    if (eventType !== 'REFUND.SUCCESS' || isInTime(refund?.endedAt)) return []
    const text = `refund ${subject}: its notice was taken before it was recorded`
    return [{ rule: 'durability', text, ...(refund ? { paymentSn: refund.paymentSn } : {}) }]
  })
}
