import { PaymentStatusDocument } from '../generated/graphql.ts'
import { ask, type Endpoint } from './ask.ts'
import type { Foreground } from './foreground.ts'
import type { Answer, Payment } from './result.ts'
import { delay, type Ending, endingOf, isLast, type OpenStream } from './stream.ts'

/** After so long without trouble a better way may be there again; not for all at the same moment. */
const RESTORED_MS = { least: 45_000, spread: 30_000 }

/** The state of a payment of the viewer's; the server asks WeChat about a pending one. */
export async function askPayment(endpoint: Endpoint, sn: string): Promise<Answer<Payment>> {
  const answer = await ask(endpoint, PaymentStatusDocument, { sn })
  if (!answer.ok) return answer
  const { paymentStatus } = answer.data
  if (paymentStatus) return { ok: true, data: paymentStatus }
  return { ok: false, problem: { code: 'NOT_FOUND', message: 'There is no such payment, or not for this user.' } }
}

/** A payment's states by asking again and again, while the app is in front. */
export function createPolling(endpoint: Endpoint, foreground: Foreground, pollMs: number): OpenStream {
  return (sn, token, onPayment) => {
    const asUs = { ...endpoint, token: () => token }
    let isStopped = false
    const run = async (): Promise<Ending> => {
      const hideCount = foreground.hideCount()
      const restoredMs = RESTORED_MS.least + Math.random() * RESTORED_MS.spread
      let goodSince = Date.now()
      for (;;) {
        const answer = await askPayment(asUs, sn)
        if (answer.ok) onPayment(answer.data)
        if (answer.ok && isLast(answer.data)) return { kind: 'COMPLETE' }
        const ending = answer.ok ? null : endingOf(answer.problem)
        if (ending?.kind === 'REFUSED') return ending
        const forbiddenMs = answer.ok ? 0 : 1_000 * (answer.problem.retryAfterSeconds ?? 0)
        await delay(Math.max(pollMs, forbiddenMs))
        if (isStopped || foreground.hideCount() !== hideCount) return { kind: 'LOST' }
        if (!answer.ok) goodSince = Date.now()
        else if (Date.now() - goodSince > restoredMs) return { kind: 'RESTORED' }
      }
    }
    return {
      ended: run(),
      stop() {
        isStopped = true
      },
    }
  }
}
