import type { Payment, Problem } from './result.ts'

/**
 * How a stream ended.
 * - COMPLETE: the server completed it.
 * - LOST: it was cut off, or could not be opened; another attempt may succeed, after `retryAfterSeconds` where the server
 *   refused it by a limit.
 * - RESTORED: polling has worked long enough that the preferred transport is worth another try.
 * - REFUSED: with this token the server does not show this payment.
 */
export type Ending =
  | { kind: 'COMPLETE' | 'RESTORED' }
  | { kind: 'LOST'; retryAfterSeconds?: number }
  | { kind: 'REFUSED'; problem: Problem }

/** The states of one payment as they arrive over one transport. */
export interface PaymentStream {
  ended: Promise<Ending>
  stop(): void
}

/** Opens a stream with the given token; a network failure never rejects `ended`. */
export type OpenStream = (sn: string, token: string, onPayment: (payment: Payment) => void) => PaymentStream

/** How a stream ends by a problem: refused when it is about the payment or the token, else lost. */
export function endingOf(problem: Problem): Ending {
  const isRefusal = problem.code === 'UNAUTHENTICATED' || problem.code === 'NOT_FOUND'
  if (isRefusal) return { kind: 'REFUSED', problem }
  const { retryAfterSeconds } = problem
  return { kind: 'LOST', ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}

/** True once no further change of a payment is expected. */
export function isFinal({ status }: Payment): boolean {
  return status === 'CLOSED' || status === 'REFUNDED'
}
