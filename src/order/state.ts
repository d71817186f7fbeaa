import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { TransitionTable } from '../infra/transitions.ts'

export const orderTransitions: TransitionTable<OrderTradeState> = {
  WAIT_PAY: ['WAIT_USE', 'CANCELLED'],
  CANCELLED: [],
  WAIT_USE: ['USED', 'REFUNDING', 'EXPIRED', 'REFUNDED'],
  USED: ['REFUNDED'],
  // Back to WAIT_USE: WeChat closed the guest's refund without returning the money.
  REFUNDING: ['REFUNDED', 'WAIT_USE'],
  REFUNDED: [],
  EXPIRED: ['REFUNDED'],
}

/** The states in which an order holds its nights; the database's exclusion constraint and homestay_order_book have the same list. */
export const HOLDS_NIGHTS: OrderTradeState[] = ['WAIT_PAY', 'WAIT_USE', 'USED', 'REFUNDING']
