import type { Fault } from '../control/fault.ts'
import type { FaultKind } from '../control/fault-kinds.ts'
import type { SignatureKind } from '../keys/signature-headers.ts'
import type { Answer } from './route.ts'

/** What the caller gets: an answer, none at all, or a connection reset. */
export type Outcome =
  | {
      kind: 'answer'
      answer: Answer
      /** The error that was answered. */
      refusal?: unknown
      contentType: string
      signature: SignatureKind
    }
  | { kind: 'silence' }
  | { kind: 'reset' }

/** How all calls of one API are answered, and its own answers under a fault. */
export interface Api {
  contentType: string
  signature: SignatureKind
  rateLimited: Answer
  systemError: Answer
  /** The answer to a refusal of this API; throws any other error again. */
  refuse(error: unknown): Answer
}

const signatureOf: Partial<Record<FaultKind, SignatureKind>> = {
  'wrong-signature': 'wrong',
  'signtest-signature': 'signtest',
  'no-signature': 'none',
}

/**
 * Serves a call under a fault, which decides whether the work is done and what the caller gets.
 *
 * @param wait resolves after so many milliseconds.
 */
export async function serveUnder(
  { api, fault, wait }: { api: Api; fault: Fault | undefined; wait: (delayMs: number) => Promise<void> },
  work: () => Answer | Promise<Answer>,
): Promise<Outcome> {
  const kind = fault?.kind
  const undone = kind && outcomesWithoutWork(api)[kind]
  if (undone) return undone
  let answer: Answer
  let refusal: unknown
  try {
    answer = await work()
  } catch (error) {
    answer = api.refuse(error)
    refusal = error
  }
  const hidden = kind && outcomesDespiteWork(api)[kind]
  if (hidden) return hidden
  if (kind === 'slow') await wait(fault?.delayMs ?? 0)
  return { ...answered(api, answer, kind && signatureOf[kind]), refusal }
}

function answered(api: Api, answer: Answer, signature: SignatureKind = api.signature): Outcome & { kind: 'answer' } {
  return { kind: 'answer', answer, contentType: api.contentType, signature }
}

/** Faults under which the work isn't done. */
function outcomesWithoutWork(api: Api): Partial<Record<FaultKind, Outcome>> {
  return {
    'timeout-before': { kind: 'silence' },
    'reset-before': { kind: 'reset' },
    'rate-limited': answered(api, api.rateLimited),
    'system-error': answered(api, api.systemError),
    'service-unavailable': { kind: 'answer', answer: { status: 503 }, contentType: 'text/html', signature: 'none' },
    accepted: answered(api, { status: 202, json: { code: 'ACCEPTED', message: '请求已受理，请稍后重试' } }),
  }
}

/** Faults where the work is done but the caller gets another answer, or none. */
function outcomesDespiteWork(api: Api): Partial<Record<FaultKind, Outcome>> {
  return {
    'timeout-after': { kind: 'silence' },
    'reset-after': { kind: 'reset' },
    'system-error-after': answered(api, api.systemError),
    'rate-limited-after': answered(api, api.rateLimited),
    'wrong-content': answered(api, { status: 200, json: {} }),
  }
}
