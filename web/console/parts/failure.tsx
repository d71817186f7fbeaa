import { FailureNote } from '../../kit/failure-note.tsx'
import { t, textOr } from '../text.ts'
import type { Failure } from './load.ts'

/** Why something failed, with the id by which the server's log has it. */
export function FailureOf({ failure }: { failure: Failure }) {
  const { code, message, requestId } = failure
  return <FailureNote text={textOr(code, message || code)} detail={requestId && t('requestId', { id: requestId })} />
}
