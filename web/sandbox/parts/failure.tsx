import { FailureNote } from '../../kit/failure-note.tsx'
import type { SandboxError } from '../api/call.ts'
import { textOr } from '../text.ts'

/** Why something failed: in the page's words, or in those of the sandbox. */
export function FailureOf({ failure: { code, message } }: { failure: SandboxError }) {
  return <FailureNote text={textOr(code, message || code)} />
}
