import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { TransitionTable } from '../infra/transitions.ts'

export const orderTransitions: TransitionTable<OrderTradeState> = {
  WAIT_PAY: ['WAIT_USE', 'CANCELLED'],
  CANCELLED: [],
  WAIT_USE: ['USED', 'REFUNDING', 'EXPIRED', 'REFUNDED'],
  USED: ['REFUNDED'],
  // Back to WAIT_USE: WeChat closed the guest's refund, the money stayed.
  REFUNDING: ['REFUNDED', 'WAIT_USE'],
  REFUNDED: [],
  EXPIRED: ['REFUNDED'],
}
