import { FailureNote } from '../../kit/failure-note.tsx'
import type { SandboxError } from '../api/call.ts'
import { hasText, t } from '../text.ts'

/** Why something failed: in the page's words, or in those of the sandbox. */
export function FailureOf({ failure: { code, message } }: { failure: SandboxError }) {
  return <FailureNote text={hasText(code) ? t(code) : message || code} />
}
