import { delay } from './close-signal.ts'
import type { Foreground } from './foreground.ts'
import type { SheetResult } from './platform.ts'
import { queryPayment } from './poll-stream.ts'
import { createRefusalCheck } from './refusal.ts'
import type { Endpoint } from './request.ts'
import { decide, type NotPaidReason, type Payment, type PayResult } from './result.ts'

/** The server queries WeChat at most once every 2 s per payment. */
const QUERY_INTERVAL_MS = 2_100
const FAILED_WAIT_MS = 4_000

export interface QueryDeps {
  endpoint: Endpoint
  foreground: Foreground
  /** How long the server may take to confirm what the phone calls paid. */
  confirmMs: number
  /** Called with every state that the server answers. */
  onPayment: (payment: Payment) => void
}

/** How long to go on querying after each result of the pay sheet, and the reason to give when the time is up. */
const waitAfter = (deps: QueryDeps): Record<SheetResult, { waitMs: number; reason: NotPaidReason }> => ({
  PAID: { waitMs: deps.confirmMs, reason: 'UNCONFIRMED' },
  CANCELLED: { waitMs: 0, reason: 'CANCELLED' },
  FAILED: { waitMs: Math.min(FAILED_WAIT_MS, deps.confirmMs), reason: 'FAILED' },
})

/**
 * Queries a payment until its state is final or the time is up. Temporary problems are retried; only a permanent one
 * ends it early.
 */
export async function queryUntilKnown(
  deps: QueryDeps,
  paymentSn: string,
  sheetResult: SheetResult,
  isDecided = () => false,
): Promise<PayResult> {
  const { waitMs, reason } = waitAfter(deps)[sheetResult]
  const deadline = Date.now() + waitMs
  const isPermanent = createRefusalCheck()
  let token: string | undefined
  const endpoint: Endpoint = {
    ...deps.endpoint,
    session: {
      ...deps.endpoint.session,
      async token() {
        token = await deps.endpoint.session.token()
        return token
      },
    },
  }
  let payment: Payment | null = null
  const undecided = (): PayResult => {
    return { outcome: 'NOT_PAID', reason: payment ? reason : 'UNCONFIRMED', paymentSn, payment }
  }
  for (;;) {
    await deps.foreground.whenVisible()
    if (deps.endpoint.closeSignal.isClosed()) return undecided()
    const answer = await queryPayment(endpoint, paymentSn)
    if (answer.ok) {
      payment = answer.data
      deps.onPayment(payment)
    } else if (isPermanent(answer.problem, token)) return { outcome: 'REFUSED', paymentSn, ...answer.problem }
    const result = payment && decide(payment)
    if (result) return result
    const remainingMs = deadline - Date.now()
    if (isDecided() || remainingMs <= 0) return undecided()
    const retryAfterMs = answer.ok ? 0 : 1_000 * (answer.problem.retryAfterSeconds ?? 0)
    await delay(deps.endpoint.closeSignal, Math.max(QUERY_INTERVAL_MS, Math.min(retryAfterMs, remainingMs)))
    if (retryAfterMs > remainingMs) return undecided()
  }
}
