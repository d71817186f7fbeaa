import type { Endpoint } from './ask.ts'
import type { Closing } from './closing.ts'
import type { Foreground } from './foreground.ts'
import type { PhoneWord } from './platform.ts'
import { askPayment } from './poll-stream.ts'
import { createRefusalJudge } from './refusal.ts'
import { decide, type NotPaidReason, type Payment, type PayResult } from './result.ts'
import { delay } from './stream.ts'

/** The server asks WeChat about a payment once in 2 s. */
const ASK_EVERY_MS = 2_100
const FAILED_PATIENCE_MS = 4_000

export interface AskDeps {
  endpoint: Endpoint
  foreground: Foreground
  closing: Closing
  /** How long the server may take to confirm what the phone calls paid. */
  confirmMs: number
  /** Hears every state that the server answers. */
  onPayment: (payment: Payment) => void
}

const patienceAfter = (deps: AskDeps): Record<PhoneWord, { waitMs: number; reason: NotPaidReason }> => ({
  PAID: { waitMs: deps.confirmMs, reason: 'UNCONFIRMED' },
  CANCELLED: { waitMs: 0, reason: 'CANCELLED' },
  FAILED: { waitMs: Math.min(FAILED_PATIENCE_MS, deps.confirmMs), reason: 'FAILED' },
})

/** Asks until the server's state decides, or the patience is over; what can pass is no reason to give up. */
export async function askUntilKnown(
  deps: AskDeps,
  paymentSn: string,
  word: PhoneWord,
  isDecided = () => false,
): Promise<PayResult> {
  const { waitMs, reason } = patienceAfter(deps)[word]
  const deadline = Date.now() + waitMs
  const isForGood = createRefusalJudge()
  let token: string | undefined
  const endpoint: Endpoint = {
    ...deps.endpoint,
    token: async () => {
      token = await deps.endpoint.token()
      return token
    },
  }
  let payment: Payment | null = null
  const undecided = (): PayResult => {
    return { outcome: 'NOT_PAID', reason: payment ? reason : 'UNCONFIRMED', paymentSn, payment }
  }
  for (;;) {
    await deps.foreground.whenVisible()
    if (deps.closing.isClosed()) return undecided()
    const answer = await askPayment(endpoint, paymentSn)
    if (answer.ok) {
      payment = answer.data
      deps.onPayment(payment)
    } else if (isForGood(answer.problem, token)) return { outcome: 'REFUSED', paymentSn, ...answer.problem }
    const result = payment && decide(payment)
    if (result) return result
    const restMs = deadline - Date.now()
    if (isDecided() || restMs <= 0) return undecided()
    const forbiddenMs = answer.ok ? 0 : 1_000 * (answer.problem.retryAfterSeconds ?? 0)
    await delay(Math.max(ASK_EVERY_MS, Math.min(forbiddenMs, restMs)))
    if (forbiddenMs > restMs) return undecided()
  }
}
