import type { PayStatus, RefundStatus } from '../../prisma/client/enums.ts'
import type { TransitionTable } from '../infra/transitions.ts'

export const paymentTransitions: TransitionTable<PayStatus> = {
  PENDING: ['SUCCESS', 'CLOSED'],
  // Late money: settled, then refunded when it is applied to its order.
  CLOSED: ['SUCCESS'],
  SUCCESS: ['REFUNDING', 'REFUNDED'],
  // Back to SUCCESS: no refund is live any more, and not all of the money was refunded.
  REFUNDING: ['REFUNDED', 'SUCCESS'],
  REFUNDED: [],
}

export const refundTransitions: TransitionTable<RefundStatus> = {
  REQUESTED: ['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'],
  PROCESSING: ['SUCCESS', 'CLOSED', 'ABNORMAL'],
  // PROCESSING again: an operator has sent it to another account.
  ABNORMAL: ['PROCESSING', 'SUCCESS', 'CLOSED'],
  SUCCESS: [],
  CLOSED: [],
}

/** The statuses of refunds that may still succeed. */
export const LIVE_REFUNDS: RefundStatus[] = ['REQUESTED', 'PROCESSING', 'ABNORMAL']

export interface PaymentFacts {
  paidTotal: number | null
  closedAt: Date | null
  /** Fen; the sum of the refunds that succeeded. */
  refundedTotal: number
  /** How many refunds are live. */
  liveRefunds: number
}

/** The status that follows from a payment's facts; it has no other source. */
export function statusOf(facts: PaymentFacts): PayStatus {
  if (facts.paidTotal === null) return facts.closedAt ? 'CLOSED' : 'PENDING'
  if (facts.refundedTotal === facts.paidTotal) return 'REFUNDED'
  return facts.liveRefunds > 0 ? 'REFUNDING' : 'SUCCESS'
}
