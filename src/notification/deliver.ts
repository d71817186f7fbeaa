import type { HomestayOrder, Message, Payment } from '../../prisma/client/client.ts'
import { MessageKind } from '../../prisma/client/enums.ts'
import type { Template } from '../config.ts'
import type { Deps } from '../deps.ts'
import { MiniProgramError, WechatInputError } from '../wechat/errors.ts'
import { sendSubscribeMessage } from '../wechat/subscribe-message.ts'
import { fillTemplate } from './templates.ts'

/** WeChat takes no idempotency key, so a try whose end is unknown may have been delivered: three at the most. */
const MAX_TRIES = 3

/** How long a try keeps others away; longer than a try can take. */
const TRY_SECONDS = 60

/** After a first and a second try whose end is unknown: soon, and once WeChat has had time to recover. */
const AFTER_UNKNOWN_SECONDS = [15, 600]

/** How long a definite "not now" is left alone: a quarter of the message's age, within these. */
const LATER_SECONDS = 30
const LATER_SECONDS_AT_MOST = 3_600

/** An order that may be given back, or whose payment is held, is looked at again after this. */
const UNSURE_SECONDS = 600

/** "System busy": WeChat says it of what it did, too. */
const BUSY = -1

/** A message that WeChat still refuses after so long is of no use to the guest. */
const WORTHLESS_AFTER_MS = 24 * 3_600_000

const BATCH = 50

/** A message that is due belongs to its job for so long; then the loop sends it. */
const LEFT_TO_JOBS_SECONDS = 5

/**
 * Sends one owed message, if nobody else is about to. Each try is counted before it is made, so that a crash can at
 * most repeat a message, and never more than twice.
 */
export async function deliverMessage(deps: Deps, { messageId }: { messageId: string }): Promise<void> {
  const message = await deps.db.message.findUnique({ where: { id: messageId } })
  if (message?.status !== 'PENDING') return
  const template = templateFor(deps, message.kind)
  if (!template) return recordDropped(deps, message, 'no template is configured')
  if (Date.now() - message.createdAt.getTime() > WORTHLESS_AFTER_MS) return drop(deps, message, 'too old')
  const order = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: message.orderSn } })
  const payment = await deps.db.payment.findUniqueOrThrow({ where: { sn: message.paymentSn } })
  const worth = judgeWorth(message, order, payment)
  if (worth === 'none') return drop(deps, message, `the order is ${order.tradeState}`)
  if (worth === 'unsure') return postpone(deps, messageId)
  if (!(await claimTry(deps, messageId))) return
  try {
    const data = fillTemplate(template, message.kind, order, payment)
    await sendSubscribeMessage(deps.mini, { openid: message.openid, templateId: template.id, data })
    await deps.db.message.update({
      where: { id: messageId },
      data: { status: 'SENT', sentAt: new Date(), nextTryAt: null },
    })
  } catch (error) {
    await afterFailure(deps, message, error)
  }
}

/**
 * Sends what is owed and overdue: messages whose job was lost, failed, or died.
 *
 * @returns true when there may be more.
 */
export async function deliverOverdue(deps: Deps): Promise<boolean> {
  const overdue = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT id FROM message WHERE status = 'PENDING' AND "nextTryAt" < now() - make_interval(secs => ${LEFT_TO_JOBS_SECONDS})
    ORDER BY "nextTryAt" LIMIT ${BATCH}`
  for (const { id } of overdue) await deliverMessage(deps, { messageId: id })
  return overdue.length >= BATCH
}

/** False when another process is at it, or all tries are used up. */
async function claimTry(deps: Deps, messageId: string): Promise<boolean> {
  const claimed = await deps.db.$executeRaw`
    UPDATE message SET tries = tries + 1, "nextTryAt" = now() + make_interval(secs => ${TRY_SECONDS})
    WHERE id = ${messageId} AND status = 'PENDING' AND tries < ${MAX_TRIES} AND "nextTryAt" <= now()`
  if (claimed === 1) return true
  await deps.db.$executeRaw`
    UPDATE message SET status = 'DROPPED', note = 'the end of every try is unknown', "nextTryAt" = NULL
    WHERE id = ${messageId} AND status = 'PENDING' AND tries >= ${MAX_TRIES} AND "nextTryAt" <= now()`
  return false
}

/** A host who goes by the guest's message must not be shown a code for money that went back, or is about to. */
function judgeWorth({ kind }: Message, { tradeState }: HomestayOrder, payment: Payment): 'all' | 'unsure' | 'none' {
  if (kind === 'REFUNDED' || tradeState === 'USED') return 'all'
  if (tradeState === 'REFUNDING') return 'unsure'
  if (tradeState !== 'WAIT_USE') return 'none'
  return payment.heldAt || payment.status === 'REFUNDING' ? 'unsure' : 'all'
}

async function postpone(deps: Deps, messageId: string): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE message SET "nextTryAt" = now() + make_interval(secs => ${UNSURE_SECONDS})
    WHERE id = ${messageId} AND status = 'PENDING' AND "nextTryAt" <= now()`
}

async function afterFailure(deps: Deps, message: Message, error: unknown): Promise<void> {
  const { id, kind } = message
  if (error instanceof WechatInputError) {
    deps.log.error({ err: error, alarm: 'message', messageId: id, kind }, 'a message breaks a rule of its template')
    return drop(deps, message, error.message)
  }
  if (!(error instanceof MiniProgramError)) throw error
  if (error.outcomeUnknown || error.errcode === BUSY) {
    deps.log.warn({ err: error, messageId: id, kind }, 'a message may or may not have been delivered')
    return tryAgainAfterUnknown(deps, id)
  }
  if (error.when === 'never') return drop(deps, message, error.message)
  if (error.when === 'operator') {
    deps.log.error({ err: error, alarm: 'message', messageId: id, kind }, 'messages need an operator')
  }
  // Surely not delivered: the try doesn't count.
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
  deps.log.info({ messageId: message.id, kind: message.kind, note }, 'a message is dropped')
  await recordDropped(deps, message, note)
}

async function recordDropped(deps: Deps, { id }: Message, note: string): Promise<void> {
  await deps.db.message.updateMany({
    where: { id, status: 'PENDING' },
    data: { status: 'DROPPED', note, nextTryAt: null },
  })
}

/** Says once in the log which messages guests won't get. */
export function sayWhatIsSkipped(deps: Deps): void {
  const skipped = Object.values(MessageKind).filter((kind) => !templateFor(deps, kind))
  if (skipped.length > 0) deps.log.info({ skipped }, 'no template is configured for these messages: they are skipped')
}

function templateFor(deps: Deps, kind: MessageKind): Template | undefined {
  const { orderPaid, checkIn, refunded } = deps.config.wechat.templates
  return { ORDER_PAID: orderPaid, CHECK_IN: checkIn, REFUNDED: refunded }[kind]
}
