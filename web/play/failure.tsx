import { FailureNote } from '../kit/failure-note.tsx'
import { type Failure, failureText, t } from './text.ts'

/** A failure as the page shows it, with the id by which the server's log has it. */
export interface ShownFailure {
  text: string
  requestId?: string | undefined
}

export function shown(failure: Failure): ShownFailure {
  return { text: failureText(failure), requestId: failure.requestId }
}

/** Why the last action failed; nothing when it didn't. */
export function FailureOf({ failure }: { failure: ShownFailure | undefined }) {
  if (!failure) return null
  const { text, requestId } = failure
  return <FailureNote text={text} detail={requestId && t('requestId', { id: requestId })} />
}
