import { createRefusalJudge } from './refusal.ts'
import type { Answer, Payment, Problem } from './result.ts'
import { delay, isLast, type PaymentStream } from './stream.ts'
import { createTurn, type TurnDeps } from './turn.ts'

export interface WatchDeps extends TurnDeps {
  token: () => string | Promise<string>
  askPayment: (sn: string) => Promise<Answer<Payment>>
}

/** What a listener throws surfaces as an error that nobody caught, as that of a timer does; the watch goes on. */
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
    tell(() => listener.onPayment(payment))
  }
  const stop = () => {
    isOver = true
    stopAsking()
    stream?.stop()
  }
  const end = (problem: Problem | null) => {
    if (isOver) return
    stop()
    tell(() => listener.onEnd?.(problem))
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

/** Calls a listener. Its error says nothing about the network, and none of us could answer it. */
function tell(call: () => void): void {
  try {
    call()
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}

/** The newest token; undefined when it can't be read now. */
async function readToken({ token }: WatchDeps): Promise<string | undefined> {
  try {
    return await token()
  } catch {
    return undefined
  }
}
