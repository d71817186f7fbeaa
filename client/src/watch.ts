import { delay } from './close-signal.ts'
import { createFallback, type FallbackDeps, reconnectDelayMs } from './fallback.ts'
import { createRefusalCheck } from './refusal.ts'
import type { Answer, Payment, Problem } from './result.ts'
import type { Session } from './session.ts'
import { isFinal, type PaymentStream } from './stream.ts'

/** Of the wait after each refusal in a row. */
const MOST_DOUBLINGS = 5

export interface WatchDeps extends FallbackDeps {
  session: Session
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
    let refusals = 0
    for (;;) {
      await deps.foreground.whenVisible()
      const token = await readToken(deps.session)
      if (isOver) return
      if (token === undefined) {
        // Nothing was sent, so this doesn't count against the transport.
        await delay(deps.closeSignal, deps.reconnectMs)
        continue
      }
      let hasWorked = false
      stream = fallback.choose().open(sn, token, (payment) => {
        hasWorked = true
        show(payment)
      })
      const ending = await stream.ended
      if (ending.kind === 'REFUSED') {
        const answer = await answerRefusal(deps.session, token, ending.problem)
        // With another token the stream is opened again at once; this doesn't count either.
        if (answer.ok) continue
        if (isPermanent(answer.problem, token)) return end(answer.problem)
        // A session that the app refreshes will have its new token soon; a sign-in may fail for long.
        const waitMs = deps.reconnectMs * 2 ** Math.min(refusals++, MOST_DOUBLINGS)
        await delay(deps.closeSignal, Math.max(waitMs, 1_000 * (answer.problem.retryAfterSeconds ?? 0)))
        continue
      }
      refusals = 0
      if (ending.kind === 'COMPLETE' && newest && isFinal(newest)) return end(null)
      if (ending.kind === 'RESTORED') fallback.retryPreferred()
      // The transport works, and the next one would be refused as well: this doesn't count against it.
      else if (ending.kind === 'LOST' && ending.retryAfterSeconds)
        await delay(deps.closeSignal, 1_000 * ending.retryAfterSeconds + reconnectDelayMs(deps.reconnectMs))
      else await fallback.recordLoss(hasWorked)
    }
  }
  run().catch(fail)
  return stop
}

/** Another token where this one was refused, else why the payment isn't shown. */
async function answerRefusal(session: Session, token: string, problem: Problem): Promise<Answer<string>> {
  return problem.code === 'UNAUTHENTICATED' ? session.renew(token, problem) : { ok: false, problem }
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
async function readToken(session: Session): Promise<string | undefined> {
  try {
    return await session.token()
  } catch {
    return undefined
  }
}
