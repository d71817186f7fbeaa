import { PaymentStatusDocument } from '../generated/graphql.ts'
import { delay } from './close-signal.ts'
import type { Foreground } from './foreground.ts'
import { type Endpoint, sendRequest } from './request.ts'
import type { Answer, Payment } from './result.ts'
import { givenSession } from './session.ts'
import { type Ending, endingOf, isFinal, type OpenStream } from './stream.ts'

/**
 * After polling this long without a problem, the preferred transport is tried again. The spread keeps the clients of a
 * server from all doing so at the same moment.
 */
const RESTORED_MS = { least: 45_000, spread: 30_000 }

/** The state of one of the viewer's payments; the server queries WeChat for a pending one. */
export async function queryPayment(endpoint: Endpoint, sn: string): Promise<Answer<Payment>> {
  const answer = await sendRequest(endpoint, PaymentStatusDocument, { sn })
  if (!answer.ok) return answer
  const { paymentStatus } = answer.data
  if (paymentStatus) return { ok: true, data: paymentStatus }
  return { ok: false, problem: { code: 'NOT_FOUND', message: 'There is no such payment, or not for this user.' } }
}

/** A payment's states by polling, while the app is visible. */
export function createPolling(endpoint: Endpoint, foreground: Foreground, pollMs: number): OpenStream {
  return (sn, token, onPayment) => {
    const endpointWithToken = { ...endpoint, session: givenSession(() => token) }
    let isStopped = false
    const run = async (): Promise<Ending> => {
      const hideCount = foreground.hideCount()
      const restoredMs = RESTORED_MS.least + Math.random() * RESTORED_MS.spread
      let healthySince = Date.now()
      for (;;) {
        const answer = await queryPayment(endpointWithToken, sn)
        if (answer.ok) onPayment(answer.data)
        if (answer.ok && isFinal(answer.data)) return { kind: 'COMPLETE' }
        const ending = answer.ok ? null : endingOf(answer.problem)
        if (ending?.kind === 'REFUSED') return ending
        const retryAfterMs = answer.ok ? 0 : 1_000 * (answer.problem.retryAfterSeconds ?? 0)
        await delay(endpoint.closeSignal, Math.max(pollMs, retryAfterMs))
        if (isStopped || foreground.hideCount() !== hideCount) return { kind: 'LOST' }
        if (!answer.ok) healthySince = Date.now()
        else if (Date.now() - healthySince > restoredMs) return { kind: 'RESTORED' }
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
