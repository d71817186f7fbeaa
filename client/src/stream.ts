import type { Payment, Problem } from './result.ts'

/**
 * How a stream ended.
 * - COMPLETE: the server has no more to say.
 * - LOST: it was cut off, or never came to be; another may do better.
 * - RESTORED: it makes do, and the network is good enough to try the best way again.
 * - REFUSED: the server doesn't let us see this payment, with this token.
 */
export type Ending = { kind: 'COMPLETE' | 'LOST' | 'RESTORED' } | { kind: 'REFUSED'; problem: Problem }

/** A payment's states as they come, over one transport. */
export interface PaymentStream {
  ended: Promise<Ending>
  stop(): void
}

/** Opens a stream with the token given; `ended` never rejects because of a network. */
export type OpenStream = (sn: string, token: string, onPayment: (payment: Payment) => void) => PaymentStream

/** What a problem means for a stream: a refusal of ours, or one that says nothing of the payment or the token. */
export function endingOf(problem: Problem): Ending {
  const isRefusal = problem.code === 'UNAUTHENTICATED' || problem.code === 'NOT_FOUND'
  return isRefusal ? { kind: 'REFUSED', problem } : { kind: 'LOST' }
}

/** True once nothing more is expected of a payment. */
export function isLast({ status }: Payment): boolean {
  return status === 'CLOSED' || status === 'REFUNDED'
}

/** Resolves after so many milliseconds; mini-programs have no `node:timers`. */
export function delay(waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, waitMs)
  })
}
