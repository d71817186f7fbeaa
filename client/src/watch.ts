import { createFallback, type FallbackDeps } from './fallback.ts'
import { createRefusalCheck } from './refusal.ts'
import type { Answer, Payment, Problem } from './result.ts'
import { delay, isFinal, type PaymentStream } from './stream.ts'

export interface WatchDeps extends FallbackDeps {
  token: () => string | Promise<string>
  queryPayment: (sn: string) => Promise<Answer<Payment>>
}

/** An error that a listener throws is rethrown from a timer, as an uncaught error of the app; watching goes on. */
export interface PaymentListener {
  /** Called with the current state, then with every newer one; `version` only rises. */
  onPayment: (payment: Payment) => void
  /** Called once, when nothing more will come: null when the payment is final, else why it can't be watched. */
  onEnd?: (problem: Problem | null) => void
}

/**
 * Watches a payment over the preferred transport, and falls back to the next one where that fails. The preferred one is
 * tried again after about a minute of polling without a problem, and when the app returns from the background; then the
 * payment is also queried once.
 *
 * @returns a function that stops it; the listener isn't called any more.
 */
export function watchPayment(deps: WatchDeps, sn: string, listener: PaymentListener): () => void {
  let isOver = false
  let newest: Payment | null = null
  let stream: PaymentStream | undefined

  const show = (payment: Payment) => {
    if (isOver || (newest && payment.version <= newest.version)) return
    newest = payment
    callListener(() => listener.onPayment(payment))
  }
  const stop = () => {
    isOver = true
    removeShowListener()
    stream?.stop()
  }
  const end = (problem: Problem | null) => {
    if (isOver) return
    stop()
    callListener(() => listener.onEnd?.(problem))
  }
  const fail = (error: unknown) => end({ code: 'NETWORK', message: String(error) })
  const queryOnce = async () => {
    const answer = await deps.queryPayment(sn)
    if (answer.ok) show(answer.data)
  }
  const removeShowListener = deps.foreground.onShow(() => void queryOnce().catch(fail))

  const run = async () => {
    const fallback = createFallback(deps)
    const isPermanent = createRefusalCheck()
    for (;;) {
      await deps.foreground.whenVisible()
      const token = await readToken(deps)
      if (isOver) return
      if (token === undefined) {
        // Nothing was sent, so this doesn't count against the transport.
        await delay(deps.reconnectMs)
        continue
      }
      stream = fallback.choose().open(sn, token, show)
      const ending = await stream.ended
      if (ending.kind === 'REFUSED') {
        if (isPermanent(ending.problem, token)) return end(ending.problem)
        // A session that is being refreshed will have its new token soon; this doesn't count either.
        await delay(deps.reconnectMs)
        continue
      }
      if (ending.kind === 'COMPLETE' && newest && isFinal(newest)) return end(null)
      if (ending.kind === 'RESTORED') fallback.retryPreferred()
      // The transport works, and the next one would be refused as well: this doesn't count against it.
      else if (ending.kind === 'LOST' && ending.retryAfterSeconds) await delay(1_000 * ending.retryAfterSeconds)
      else await fallback.recordLoss()
    }
  }
  run().catch(fail)
  return stop
}

/** Calls a listener. What it throws is the app's error: neither a network failure, nor to be swallowed. */
function callListener(call: () => void): void {
  try {
    call()
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}

/** The current token; undefined when it can't be read at the moment. */
async function readToken({ token }: WatchDeps): Promise<string | undefined> {
  try {
    return await token()
  } catch {
    return undefined
  }
}
