import type { Foreground } from './foreground.ts'
import { createRefusalJudge } from './refusal.ts'
import type { Answer, Payment, Problem } from './result.ts'
import { delay, isLast, type OpenStream, type PaymentStream } from './stream.ts'

/** A stream that lived so long was healthy: its end is no reason to distrust the way it came. */
const HEALTHY_MS = 30_000

/** A way to hear of a payment, and how often it may fail before the next is taken. */
export interface Way {
  open: OpenStream
  chances: number
}

export interface WatchDeps {
  /** The best first; the last one never fails. */
  ways: readonly Way[]
  foreground: Foreground
  token: () => string | Promise<string>
  askPayment: (sn: string) => Promise<Answer<Payment>>
  reconnectMs: number
}

export interface PaymentListener {
  /** The present state, then every newer one; `version` only rises. */
  onPayment: (payment: Payment) => void
  /** Nothing more will come: null when the payment is at its end, else why it can't be watched. */
  onEnd?: (problem: Problem | null) => void
}

/**
 * Watches a payment by the best way there is, and by the next one where that fails. When the app comes back from the
 * background, the server is asked once, and the best way tried again; so it is after a minute of asking without trouble.
 *
 * @returns what stops it; then the listener hears nothing more.
 */
export function watchPayment(deps: WatchDeps, sn: string, listener: PaymentListener): () => void {
  let isOver = false
  let newest: Payment | null = null
  let stream: PaymentStream | undefined

  const show = (payment: Payment) => {
    if (isOver || (newest && payment.version <= newest.version)) return
    newest = payment
    listener.onPayment(payment)
  }
  const stop = () => {
    isOver = true
    stopAsking()
    stream?.stop()
  }
  const end = (problem: Problem | null) => {
    if (isOver) return
    stop()
    listener.onEnd?.(problem)
  }
  const fail = (error: unknown) => end({ code: 'NETWORK', message: String(error) })
  const askOnce = async () => {
    const answer = await deps.askPayment(sn)
    if (answer.ok) show(answer.data)
  }
  const stopAsking = deps.foreground.onShow(() => void askOnce().catch(fail))

  const follow = async () => {
    const turn = createTurn(deps)
    const isForGood = createRefusalJudge()
    for (;;) {
      await deps.foreground.whenVisible()
      const token = await readToken(deps)
      if (isOver) return
      if (token === undefined) {
        // Nothing was asked, which says nothing about the way.
        await delay(deps.reconnectMs)
        continue
      }
      const way = turn.start()
      stream = way.open(sn, token, show)
      const ending = await stream.ended
      if (ending.kind === 'REFUSED') {
        if (isForGood(ending.problem, token)) return end(ending.problem)
        // Nor does this: a session that is being refreshed has its new token soon.
        await delay(deps.reconnectMs)
        continue
      }
      if (ending.kind === 'COMPLETE' && newest && isLast(newest)) return end(null)
      if (ending.kind === 'RESTORED') turn.restart()
      else await turn.lose()
    }
  }
  follow().catch(fail)
  return stop
}

/** The newest token; undefined when it can't be read now. */
async function readToken({ token }: WatchDeps): Promise<string | undefined> {
  try {
    return await token()
  } catch {
    return undefined
  }
}

/** Whose turn it is among the ways. */
function createTurn({ ways, foreground, reconnectMs }: WatchDeps) {
  let index = 0
  let losses = 0
  let hideCount = 0
  let startedAt = 0

  return {
    start(): Way {
      hideCount = foreground.hideCount()
      startedAt = Date.now()
      return ways[index] as Way
    },
    /** The best way again; a chance for each, because nothing is heard meanwhile. */
    restart(): void {
      index = 0
      losses = (ways[0] as Way).chances - 1
    },
    async lose(): Promise<void> {
      if (foreground.hideCount() !== hideCount) {
        // Cut by the background, which says nothing about the way.
        index = 0
        losses = 0
        return
      }
      losses = Date.now() - startedAt > HEALTHY_MS ? 0 : losses + 1
      if (losses < (ways[index] as Way).chances) return delay(reconnectMs)
      index = Math.min(index + 1, ways.length - 1)
      losses = 0
    },
  }
}
