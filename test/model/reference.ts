import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { Life } from './system.ts'

/** A transaction that succeeded at WeChat, by WeChat's own ledger. */
export interface Money {
  outTradeNo: string
  totalFen: number
  refundedFen: number
  /** A refund that the guest asked for gave back some of it. */
  isGivenBack: boolean
}

/**
 * The reference model: what an order may have become when everything is at rest, told by WeChat's ledger and by what
 * people asked for and were told. Money that WeChat still keeps for us pays an order; all other money went back.
 */
export function mayEndAs(money: Money[], told: Life['told']['guest']): OrderTradeState[] {
  const kept = money.filter(({ totalFen, refundedFen }) => refundedFen < totalFen)
  if (kept.length > 1) return []
  if (kept.length === 1) {
    // A guest who has money back on a word of their own has no stay for the rest: that goes back too.
    if (told.has('cancelled') || kept[0]?.isGivenBack) return []
    return told.has('redeemed') ? ['USED'] : told.has('over') ? ['EXPIRED'] : ['WAIT_USE']
  }
  if (money.length === 0) return ['CANCELLED']
  // An order that is paid at WeChat can be given up by nobody but an operator, for money that doesn't fit.
  const canBeCancelled = !told.has('paid first') || told.has('given back')
  if (told.has('cancelled')) return canBeCancelled ? ['CANCELLED'] : []
  const ends: OrderTradeState[] = []
  // Nobody gets money back unasked, except when the order or an attempt to pay it was given up.
  if (told.has('refunding') || told.has('by hand')) ends.push('REFUNDED')
  if (told.has('giving up') && canBeCancelled) ends.push('CANCELLED')
  return told.has('redeemed') ? ends.filter((end) => end !== 'CANCELLED') : ends
}
