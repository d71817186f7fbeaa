import type { PayStatus } from '../../../prisma/client/enums.ts'
import { paymentTransitions } from '../../../src/payment/state.ts'

/** A change may leave the status as it is. */
export function canBecome(from: PayStatus | null, to: PayStatus): boolean {
  if (from === null) return to === 'PENDING'
  return from === to || paymentTransitions[from].includes(to)
}
