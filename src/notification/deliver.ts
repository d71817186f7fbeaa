import { Prisma } from '../../prisma/client/client.ts'
import type { Template } from '../config.ts'
import type { Deps } from '../deps.ts'
import { queryRows } from '../infra/statement.ts'
import { createTogether } from '../infra/write-together.ts'
import type { MessageValue } from '../payment/payable.ts'
import { sendSubscribeMessage } from '../wechat/subscribe-message.ts'
import { judgePending, type PendingMessage, readPending } from './pending.ts'
import { claimTries, drop, LATER_SECONDS, postpone, recordDropped, recordSent } from './record.ts'
import { afterFailure } from './refused.ts'
import { fillTemplate, findTemplate } from './template.ts'

/** How many messages are sent at once at most, each over a connection of its own. */
const MESSAGES_AT_ONCE = 50

/** A message that has to wait, by its `Payable`'s verdict, is judged again after this. */
const WAIT_SECONDS = 600

/** A message that WeChat still refuses after so long is of no use to the guest. */
const WORTHLESS_AFTER_MS = 24 * 3_600_000

/**
 * Sends messages as their `Payable`s word them, `MESSAGES_AT_ONCE` of them at most. Leaves those that have to wait, are of
 * no use any more, or that another process is about to send. They are read, judged and claimed together, and then sent at
 * once. Each try is counted before it is made, so that a crash can at most repeat a message, and never more than twice.
 *
 * @returns how each ended, in the order given. One that fails keeps none of the others back.
 * @throws when they can't be read or claimed; then none is sent.
 */
export async function deliverMessages(
  deps: Deps,
  messages: { messageId: string }[],
): Promise<PromiseSettledResult<void>[]> {
  const failures = new Map<string, unknown>()
  const sendable = await prepare(deps, messages, failures)
  const ids = sendable.map(({ message }) => message.id)
  const claimed = await claimTries(deps.db, ids)
  const recordOne = createRecorder(deps)
  const trySending = async (each: Sendable) => {
    try {
      await send(deps, each, recordOne)
    } catch (error) {
      failures.set(each.message.id, error)
    }
  }
  await Promise.all(sendable.filter(({ message }) => claimed.has(message.id)).map(trySending))
  return messages.map(({ messageId }) =>
    failures.has(messageId)
      ? { status: 'rejected', reason: failures.get(messageId) }
      : { status: 'fulfilled', value: undefined },
  )
}

/**
 * One run of the message loop: sends messages that are due. One that fails keeps none of the others back, and is tried again
 * later.
 *
 * @returns true when there may be more.
 */
export async function deliverDue(deps: Deps): Promise<boolean> {
  const due = await queryRows<{ messageId: string }>(
    deps.db,
    Prisma.sql`
    SELECT id AS "messageId" FROM message WHERE status = 'PENDING' AND "nextTryAt" <= now()
    ORDER BY "nextTryAt" LIMIT ${MESSAGES_AT_ONCE}`,
  )
  if (due.length === 0) return false
  const ends = await deliverMessages(deps, due)
  const failed: string[] = []
  for (const [index, { messageId }] of due.entries()) {
    const end = ends[index]
    if (end?.status !== 'rejected') continue
    deps.log.error({ err: end.reason, messageId }, 'message delivery failed; it is tried again')
    failed.push(messageId)
  }
  await postpone(deps.db, failed, LATER_SECONDS)
  return due.length >= MESSAGES_AT_ONCE
}

/** A message that may be sent as it was judged, once it is claimed. */
interface Sendable {
  message: PendingMessage
  template: Template
  values: MessageValue[]
}

/** Finds the messages that are to be sent now; drops and postpones the others. Notes in `failures` what failed about one. */
async function prepare(
  deps: Deps,
  messages: { messageId: string }[],
  failures: Map<string, unknown>,
): Promise<Sendable[]> {
  const pending = await readPending(
    deps,
    messages.map(({ messageId }) => messageId),
  )
  const { useful = [], untold = [], old = [] } = Object.groupBy(pending, (message) => usefulness(deps, message))
  const judged = await judgePending(deps, useful)
  const postponed: PendingMessage[] = []
  const dropped: { message: PendingMessage; reason: string }[] = []
  const sendable: Sendable[] = []
  for (const { message, judged: end } of judged) {
    const template = findTemplate(deps, message.kind)
    if (end.status === 'rejected') failures.set(message.id, end.reason)
    else if (end.value.verdict === 'DROP') dropped.push({ message, reason: end.value.reason })
    else if (end.value.verdict === 'WAIT') postponed.push(message)
    else if (template) sendable.push({ message, template, values: end.value.values })
  }
  const write = async (about: PendingMessage[], act: (ids: string[]) => Promise<void>) => {
    const ids = about.map(({ id }) => id)
    if (ids.length === 0) return
    await act(ids).catch((error: unknown) => {
      for (const id of ids) failures.set(id, error)
    })
  }
  await write(untold, (ids) => recordDropped(deps.db, ids, 'no template is configured'))
  await write(old, () => drop(deps, old, 'too old'))
  for (const { message, reason } of dropped) await write([message], () => drop(deps, [message], reason))
  await write(postponed, (ids) => postpone(deps.db, ids, WAIT_SECONDS))
  return sendable
}

/**
 * Makes what records messages as sent, together with others that are sent at the same time. When that fails each is recorded
 * by itself: what WeChat has must not be sent again because of another.
 */
function createRecorder({ db }: Pick<Deps, 'db'>): (id: string) => Promise<void> {
  const failures = new Map<string, unknown>()
  const recordAlone = (id: string) => recordSent(db, [id]).catch((error: unknown) => void failures.set(id, error))
  const recordTogether = createTogether(async (sent: string[]) => {
    if (sent.length === 1) return recordSent(db, sent)
    await recordSent(db, sent).catch(() => Promise.all(sent.map(recordAlone)))
  })
  return async (id) => {
    await recordTogether(id)
    if (failures.has(id)) throw failures.get(id)
  }
}

function usefulness(deps: Deps, { kind, createdAt }: PendingMessage): 'useful' | 'untold' | 'old' {
  if (!findTemplate(deps, kind)) return 'untold'
  return Date.now() - createdAt.getTime() > WORTHLESS_AFTER_MS ? 'old' : 'useful'
}

async function send(
  deps: Deps,
  { message, template, values }: Sendable,
  record: (id: string) => Promise<void>,
): Promise<void> {
  const { id, openid } = message
  try {
    await sendSubscribeMessage(deps.mini, { openid, templateId: template.id, data: fillTemplate(template, values) })
    await record(id)
  } catch (error) {
    await afterFailure(deps, message, error)
  }
}
