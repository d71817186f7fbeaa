import { FailureNote } from '../../kit/failure-note.tsx'
import { hasText, t } from '../text.ts'
import type { Failure } from './load.ts'

/** Why something failed, with the id by which the server's log has it. */
export function FailureOf({ failure }: { failure: Failure }) {
  const { code, message, requestId } = failure
  return <FailureNote text={failureText({ code, message })} detail={requestId && t('requestId', { id: requestId })} />
}

function failureText({ code, message }: Pick<Failure, 'code' | 'message'>): string {
  return hasText(code) ? t(code) : message || code
}
