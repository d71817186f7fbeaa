import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { Life } from './system.ts'

/** A transaction that succeeded at WeChat, by WeChat's own ledger. */
export interface PaidTransaction {
  outTradeNo: string
  totalFen: number
  refundedFen: number
  /** A refund that the guest requested returned some of it. */
  isRefundedByGuest: boolean
}

/**
 * The reference model: the states that an order may be in once no work is left, from WeChat's ledger and from what
 * people requested and heard. Money that wasn't refunded in full pays the order; all other money was refunded.
 */
export function allowedStates(money: PaidTransaction[], facts: Life['facts']['guest']): OrderTradeState[] {
  const unrefunded = money.filter(({ totalFen, refundedFen }) => refundedFen < totalFen)
  if (unrefunded.length > 1) return []
  if (unrefunded.length === 1) {
    // A guest whose own refund returned some of the money has no stay for the rest: that must be refunded too.
    if (facts.has('cancelled') || unrefunded[0]?.isRefundedByGuest) return []
    return facts.has('redeemed') ? ['USED'] : facts.has('stay over') ? ['EXPIRED'] : ['WAIT_USE']
  }
  if (money.length === 0) return ['CANCELLED']
  // An order that is paid at WeChat can be cancelled only by an operator who refunds a mismatch.
  const canBeCancelled = !facts.has('paid first') || facts.has('mismatch refunded')
  if (facts.has('cancelled')) return canBeCancelled ? ['CANCELLED'] : []
  const ends: OrderTradeState[] = []
  // No money is refunded without a request, unless the order or an attempt to pay it was abandoned.
  if (facts.has('refund requested') || facts.has('manual refund')) ends.push('REFUNDED')
  if (facts.has('abandoned') && canBeCancelled) ends.push('CANCELLED')
  return facts.has('redeemed') ? ends.filter((end) => end !== 'CANCELLED') : ends
}
