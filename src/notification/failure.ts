import type { Deps } from '../deps.ts'
import { tracing } from '../infra/tracing.ts'
import { MiniProgramError, WechatInputError } from '../wechat/errors.ts'
import type { PendingMessage } from './pending.ts'
import { drop, recordRefused, recordRejected, tryAgainAfterUnknown, tryAgainLater } from './record.ts'

/** "System busy": WeChat answers it after it has delivered, too. */
const BUSY = -1

/** The guest has no subscription left: the one refusal that is nobody's fault. */
const NO_CONSENT = 43101

/** What an operator does next. At more length: docs/operations.md, "Watch". */
const remedies = {
  dropped: 'mend what err says for the messages to come: this one is lost, and no money depends on it',
  kept: 'npm run doctor compares templates and settings; once that is mended, it is sent within an hour',
}

/** What becomes of a message that was not sent, or of which nobody knows. @throws an error that isn't WeChat's. */
export async function afterFailure(deps: Deps, message: PendingMessage, error: unknown): Promise<void> {
  const { id, kind } = message
  if (!(error instanceof MiniProgramError && error.errcode === NO_CONSENT)) tracing?.fail(error)
  if (error instanceof WechatInputError) return keepForOperator(deps, message, error)
  if (!(error instanceof MiniProgramError)) throw error
  if (error.outcomeUnknown || error.errcode === BUSY) {
    deps.metrics.messages.inc({ kind, outcome: 'unknown' })
    deps.log.warn({ err: error, messageId: id, kind }, 'message outcome unknown: it may have been delivered')
    return tryAgainAfterUnknown(deps.db, id)
  }
  if (error.when === 'operator') return keepForOperator(deps, message, error)
  if (error.when === 'later') {
    deps.metrics.messages.inc({ kind, outcome: 'later' })
    return tryAgainLater(deps.db, id)
  }
  if (error.errcode === NO_CONSENT) return refuse(deps, message, error.message)
  deps.log.error(
    { err: error, alarm: 'message', messageId: id, kind, remedy: remedies.dropped },
    'message dropped: WeChat refuses it for good',
  )
  return drop(deps, [message], error.message)
}

/** WeChat has no consent of the guest's for the message, or it is used up. */
async function refuse({ db, ...deps }: Deps, message: PendingMessage, note: string): Promise<void> {
  if (await recordRefused(db, message, note)) countRefused(deps, message, 'no-consent')
}

/** Records, for messages that the guest has rejected, that they are refused: WeChat isn't asked. */
export async function refuseRejected({ db, ...deps }: Deps, messages: PendingMessage[]): Promise<void> {
  const refused = await recordRejected(db, messages, 'the guest has rejected it')
  for (const message of messages) if (refused.has(message.id)) countRefused(deps, message, 'rejected')
}

function countRefused(
  { log, metrics }: Pick<Deps, 'log' | 'metrics'>,
  { id, kind }: PendingMessage,
  reason: 'no-consent' | 'rejected',
): void {
  metrics.messages.inc({ kind, outcome: 'refused' })
  metrics.messagesRefused.inc({ kind, reason })
  log.info({ messageId: id, kind, reason }, 'message refused, held until its guest consents')
}

/**
 * Keeps a message that WeChat would take once a template, its setting or a value is mended. Alerts once for each reason
 * that a message is kept for, however often it is tried.
 */
async function keepForOperator(deps: Deps, message: PendingMessage, error: Error): Promise<void> {
  const { id, kind } = message
  const note = error.message
  deps.metrics.messages.inc({ kind, outcome: 'kept' })
  if (message.note !== note) {
    deps.log.error(
      { err: error, alarm: 'message', messageId: id, kind, remedy: remedies.kept },
      'message kept until its template or a setting is mended',
    )
    await deps.db.message.updateMany({ where: { id, status: 'PENDING' }, data: { note } })
  }
  await tryAgainLater(deps.db, id)
}
