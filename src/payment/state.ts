import type { PayStatus, RefundStatus } from '../../prisma/client/enums.ts'
import type { TransitionTable } from '../infra/transitions.ts'

export const paymentTransitions: TransitionTable<PayStatus> = {
  PENDING: ['SUCCESS', 'CLOSED'],
  // Late money: recorded, and sent back when its order is followed.
  CLOSED: ['SUCCESS'],
  SUCCESS: ['REFUNDING', 'REFUNDED'],
  // Back to SUCCESS: no refund is live and some money is kept.
  REFUNDING: ['REFUNDED', 'SUCCESS'],
  REFUNDED: [],
}

export const refundTransitions: TransitionTable<RefundStatus> = {
  REQUESTED: ['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'],
  PROCESSING: ['SUCCESS', 'CLOSED', 'ABNORMAL'],
  // PROCESSING again by an operator's second try.
  ABNORMAL: ['PROCESSING', 'SUCCESS', 'CLOSED'],
  SUCCESS: [],
  CLOSED: [],
}

/** The refunds that may still give money back. */
export const LIVE_REFUNDS: RefundStatus[] = ['REQUESTED', 'PROCESSING', 'ABNORMAL']

export interface PaymentFacts {
  paidTotal: number | null
  closedAt: Date | null
  /** Fen; what refunds that succeeded gave back. */
  refundedTotal: number
  /** How many refunds are live. */
  liveRefunds: number
}

/** The one function that makes a status of a payment's facts. */
export function statusOf(facts: PaymentFacts): PayStatus {
  if (facts.paidTotal === null) return facts.closedAt ? 'CLOSED' : 'PENDING'
  if (facts.refundedTotal === facts.paidTotal) return 'REFUNDED'
  return facts.liveRefunds > 0 ? 'REFUNDING' : 'SUCCESS'
}
