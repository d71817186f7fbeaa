import type { Fault, FaultKind } from '../control/faults.ts'
import type { SignatureKind } from '../keys/signature-headers.ts'
import type { Answer } from './route.ts'

/** What the caller gets to see: an answer, silence, or a broken connection. */
export type Outcome =
  | { kind: 'answer'; answer: Answer; contentType: string; signature: SignatureKind }
  | { kind: 'silence' }
  | { kind: 'reset' }

/** How one family of calls answers, and what it says under a fault. */
export interface Face {
  contentType: string
  signature: SignatureKind
  rateLimited: Answer
  systemError: Answer
  /** The answer to an error of this family; anything else is thrown on. */
  refuse(error: unknown): Answer
}

const forgedBy: Partial<Record<FaultKind, SignatureKind>> = {
  'wrong-signature': 'wrong',
  'signtest-signature': 'signtest',
  'no-signature': 'none',
}

/**
 * Does the work and decides what the caller sees of it.
 *
 * @param wait resolves after so many milliseconds.
 */
export async function undergo(
  { face, fault, wait }: { face: Face; fault: Fault | undefined; wait: (delayMs: number) => Promise<void> },
  work: () => Answer | Promise<Answer>,
): Promise<Outcome> {
  const kind = fault?.kind
  const unserved = kind && unservedUnder(face)[kind]
  if (unserved) return unserved
  let answer: Answer
  try {
    answer = await work()
  } catch (error) {
    answer = face.refuse(error)
  }
  const hidden = kind && hiddenUnder(face)[kind]
  if (hidden) return hidden
  if (kind === 'slow') await wait(fault?.delayMs ?? 0)
  return shown(face, answer, kind && forgedBy[kind])
}

function shown(face: Face, answer: Answer, signature: SignatureKind = face.signature): Outcome {
  return { kind: 'answer', answer, contentType: face.contentType, signature }
}

/** Faults under which nothing happens. */
function unservedUnder(face: Face): Partial<Record<FaultKind, Outcome>> {
  return {
    'timeout-before': { kind: 'silence' },
    'reset-before': { kind: 'reset' },
    'rate-limited': shown(face, face.rateLimited),
    'system-error': shown(face, face.systemError),
    'service-unavailable': { kind: 'answer', answer: { status: 503 }, contentType: 'text/html', signature: 'none' },
    accepted: shown(face, { status: 202, json: { code: 'ACCEPTED', message: '请求已受理，请稍后重试' } }),
  }
}

/** Faults under which it happens and the caller doesn't see it. */
function hiddenUnder(face: Face): Partial<Record<FaultKind, Outcome>> {
  return {
    'timeout-after': { kind: 'silence' },
    'reset-after': { kind: 'reset' },
    'system-error-after': shown(face, face.systemError),
    'rate-limited-after': shown(face, face.rateLimited),
  }
}
