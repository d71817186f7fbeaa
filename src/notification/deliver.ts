import type { Message } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { payableOf } from '../payment/payable.ts'
import { MiniProgramError, WechatInputError } from '../wechat/errors.ts'
import { sendSubscribeMessage } from '../wechat/subscribe-message.ts'
import { fillTemplate, findTemplate } from './template.ts'

/** WeChat takes no idempotency key, so a try with an unknown outcome may have been delivered: three at the most. */
const MAX_TRIES = 3

/** How long a try keeps others away; longer than a try can take. */
const TRY_SECONDS = 60

/** After a first and a second try with an unknown outcome: soon, and once WeChat has had time to recover. */
const AFTER_UNKNOWN_SECONDS = [15, 600]

/** Retry delay after a refusal that may pass: a quarter of the message's age, from 30 s to 1 h. */
const LATER_SECONDS = 30
const LATER_SECONDS_AT_MOST = 3_600

/** A message that has to wait, by its `Payable`'s verdict, is judged again after this. */
const WAIT_SECONDS = 600

/** "System busy": WeChat answers it after it has delivered, too. */
const BUSY = -1

/** The guest has no subscription left: the one refusal that is nobody's fault. */
const NO_CONSENT = 43101

/** A message that WeChat still refuses after so long is of no use to the guest. */
const WORTHLESS_AFTER_MS = 24 * 3_600_000

const BATCH = 50

/** Grace for the job; after it the loop sends the message. */
const LEFT_TO_JOBS_SECONDS = 5

/**
 * Sends one message as its `Payable` words it, unless it has to wait, is of no use any more, or another process is about
 * to send it. Each try is counted before it is made, so that a crash can at most repeat a message, and never more than
 * twice.
 */
export async function deliverMessage(deps: Deps, { messageId }: { messageId: string }): Promise<void> {
  const message = await deps.db.message.findUnique({ where: { id: messageId } })
  if (message?.status !== 'PENDING') return
  const { kind, openid, paymentSn } = message
  const template = findTemplate(deps, kind)
  if (!template) return recordDropped(deps, message, 'no template is configured')
  if (Date.now() - message.createdAt.getTime() > WORTHLESS_AFTER_MS) return drop(deps, message, 'too old')
  const payment = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  const judged = await payableOf(deps, payment.serviceType).judgeMessage(deps.db, { kind, payment })
  if (judged.verdict === 'DROP') return drop(deps, message, judged.reason)
  if (judged.verdict === 'WAIT') return postpone(deps, messageId, WAIT_SECONDS)
  if (!(await claimTry(deps, messageId))) return
  try {
    const data = fillTemplate(template, judged.values)
    await sendSubscribeMessage(deps.mini, { openid, templateId: template.id, data })
    await deps.db.message.update({
      where: { id: messageId },
      data: { status: 'SENT', sentAt: new Date(), nextTryAt: null, note: null },
    })
  } catch (error) {
    await afterFailure(deps, message, error)
  }
}

/**
 * Sends messages that are overdue: their job was lost, failed, or died. One that fails keeps none of the others back.
 *
 * @returns true when there may be more.
 */
export async function deliverOverdue(deps: Deps): Promise<boolean> {
  const overdue = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT id FROM message WHERE status = 'PENDING' AND "nextTryAt" < now() - make_interval(secs => ${LEFT_TO_JOBS_SECONDS})
    ORDER BY "nextTryAt" LIMIT ${BATCH}`
  for (const { id } of overdue) {
    try {
      await deliverMessage(deps, { messageId: id })
    } catch (error) {
      deps.log.error({ err: error, messageId: id }, 'message delivery failed; it is tried again')
      await postpone(deps, id, LATER_SECONDS)
    }
  }
  return overdue.length >= BATCH
}

/** False when another process holds the message for its own try, or all tries are used up. */
async function claimTry(deps: Deps, messageId: string): Promise<boolean> {
  const claimed = await deps.db.$executeRaw`
    UPDATE message SET tries = tries + 1, "nextTryAt" = now() + make_interval(secs => ${TRY_SECONDS})
    WHERE id = ${messageId} AND status = 'PENDING' AND tries < ${MAX_TRIES} AND "nextTryAt" <= now()`
  if (claimed === 1) return true
  await deps.db.$executeRaw`
    UPDATE message SET status = 'DROPPED', note = 'the outcome of every try is unknown', "nextTryAt" = NULL
    WHERE id = ${messageId} AND status = 'PENDING' AND tries >= ${MAX_TRIES} AND "nextTryAt" <= now()`
  return false
}

/** Leaves a message alone that another try has claimed. */
async function postpone(deps: Deps, messageId: string, seconds: number): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE message SET "nextTryAt" = now() + make_interval(secs => ${seconds})
    WHERE id = ${messageId} AND status = 'PENDING' AND "nextTryAt" <= now()`
}

async function afterFailure(deps: Deps, message: Message, error: unknown): Promise<void> {
  const { id, kind } = message
  if (error instanceof WechatInputError) return keepForOperator(deps, message, error)
  if (!(error instanceof MiniProgramError)) throw error
  if (error.outcomeUnknown || error.errcode === BUSY) {
    deps.log.warn({ err: error, messageId: id, kind }, 'message outcome unknown: it may have been delivered')
    return tryAgainAfterUnknown(deps, id)
  }
  if (error.when === 'operator') return keepForOperator(deps, message, error)
  if (error.when === 'later') return tryAgainLater(deps, id)
  if (error.errcode !== NO_CONSENT)
    deps.log.error({ err: error, alarm: 'message', messageId: id, kind }, 'message refused, and lost')
  return drop(deps, message, error.message)
}

/**
 * Keeps a message that WeChat would take once a template, its setting or a value is mended. Alerts once for each reason
 * that a message is kept for, however often it is tried.
 */
async function keepForOperator(deps: Deps, message: Message, error: Error): Promise<void> {
  const { id, kind } = message
  const note = error.message
  if (message.note !== note) {
    deps.log.error({ err: error, alarm: 'message', messageId: id, kind }, 'message refused until an operator acts')
    await deps.db.message.updateMany({ where: { id, status: 'PENDING' }, data: { note } })
  }
  await tryAgainLater(deps, id)
}

/** After a refusal: surely not delivered, so the try doesn't count. */
async function tryAgainLater(deps: Deps, id: string): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE message SET tries = tries - 1, "nextTryAt" = now() + LEAST(
      GREATEST(make_interval(secs => ${LATER_SECONDS}), (now() - "createdAt") / 4),
      make_interval(secs => ${LATER_SECONDS_AT_MOST})) WHERE id = ${id} AND status = 'PENDING' AND tries > 0`
}

async function tryAgainAfterUnknown(deps: Deps, messageId: string): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE message SET "nextTryAt" =
      now() + make_interval(secs => COALESCE((${AFTER_UNKNOWN_SECONDS}::int[])[tries], 0))
    WHERE id = ${messageId}`
}

async function drop(deps: Deps, message: Message, note: string): Promise<void> {
  deps.log.info({ messageId: message.id, kind: message.kind, note }, 'message dropped')
  await recordDropped(deps, message, note)
}

async function recordDropped(deps: Deps, { id }: Message, note: string): Promise<void> {
  await deps.db.message.updateMany({
    where: { id, status: 'PENDING' },
    data: { status: 'DROPPED', note, nextTryAt: null },
  })
}
