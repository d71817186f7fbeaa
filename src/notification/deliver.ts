import { Prisma } from '../../prisma/client/client.ts'
import type { Template } from '../config.ts'
import type { Deps } from '../deps.ts'
import { DUE_BY } from '../infra/due.ts'
import { createInHand } from '../infra/in-hand.ts'
import { queryRows } from '../infra/statement.ts'
import type { Step } from '../infra/tracing/spans.ts'
import { tracing } from '../infra/tracing.ts'
import { createTogether } from '../infra/write-together.ts'
import type { MessageValue } from '../payment/payable.ts'
import { sendSubscribeMessage } from '../wechat/subscribe-message.ts'
import { afterFailure, refuseRejected } from './failure.ts'
import { judgePending, type PendingMessage, readPending } from './pending.ts'
import { claimTries, drop, LATER_SECONDS, postpone, recordDropped, recordSent, recordSentAlone } from './record.ts'
import { fillTemplate, findTemplate } from './template.ts'

/** How many messages are sent at once at most, each over a connection of its own. */
const MESSAGES_AT_ONCE = 50

/** A message that has to wait, by its `Payable`'s verdict, is judged again after this. */
const WAIT_SECONDS = 600

/** How soon more messages are looked for while some are still on their way. */
const LOOK_AGAIN_MS = 250

/** A run that stops waits for so long for its sends. One that takes longer is repeated once its claim has expired. */
const STOP_WITHIN_MS = 3_000

/**
 * Sends messages as their `Payable`s word them. Leaves those that have to wait, are of no use any more, or that somebody else
 * is about to send or has locked. They are read, judged and claimed together, and then sent at once. Each try is counted
 * before it is made, so that a crash can at most repeat a message, and never more than twice.
 *
 * @returns how each ended, in the order given. One that fails keeps none of the others back.
 * @throws when they can't be read or claimed; then none is sent.
 */
export async function deliverMessages(
  deps: Deps,
  messages: { messageId: string }[],
): Promise<PromiseSettledResult<void>[]> {
  const { claimed, failures } = await claimSendable(
    deps,
    messages.map(({ messageId }) => messageId),
  )
  const record = createRecorder(deps)
  const trySending = (each: Sendable) =>
    send(deps, each, record).catch((error: unknown) => void failures.set(each.message.id, error))
  await Promise.all(claimed.map(trySending))
  return messages.map(({ messageId }) =>
    failures.has(messageId)
      ? { status: 'rejected', reason: failures.get(messageId) }
      : { status: 'fulfilled', value: undefined },
  )
}

/**
 * One run of the message loop: sends the messages that are due, `MESSAGES_AT_ONCE` of them at a time. As some end, more are
 * claimed, so that a call that hangs keeps none of the others waiting. One that fails is tried again later.
 *
 * @returns false once nothing is due that can be claimed, and all sends have ended. Soon after `stopping` in any case.
 */
export async function deliverDue(deps: Deps, stopping = new AbortController().signal): Promise<false> {
  const inHand = createInHand()
  const record = createRecorder(deps)
  const sendOne = (each: Sendable) =>
    send(deps, each, record).catch((error: unknown) => tryLater(deps, new Map([[each.message.id, error]])))
  // What somebody has locked stays due: the run goes on behind it, and begins again where less is due than it can take.
  let after = FIRST
  try {
    while (!stopping.aborted) {
      const free = MESSAGES_AT_ONCE - inHand.size()
      if (free <= 0) {
        await inHand.someEnd(LOOK_AGAIN_MS)
        continue
      }
      const due = await findDue(deps, after, free)
      const { claimed, failures } = await claimSendable(
        deps,
        due.map(({ id }) => id),
      )
      for (const each of claimed) inHand.add(sendOne(each))
      await tryLater(deps, failures)
      const isFull = due.length >= free
      after = (isFull && due.at(-1)) || FIRST
      if (!isFull) await inHand.allEnd(LOOK_AGAIN_MS)
      if (!isFull && inHand.size() === 0) break
    }
  } finally {
    await inHand.allEnd(STOP_WITHIN_MS)
  }
  inHand.throwFirst()
  return false
}

/** A place among the messages that are due. The time is PostgreSQL's text, which is exact. */
interface Place {
  id: string
  at: string
}

const FIRST: Place = { id: '', at: '-infinity' }

function findDue({ db }: Deps, { id, at }: Place, atMost: number): Promise<Place[]> {
  return queryRows<Place>(
    db,
    Prisma.sql`
    SELECT id, "nextTryAt"::text AS at FROM message
    WHERE status = 'PENDING' AND "nextTryAt" <= ${DUE_BY} AND ("nextTryAt", id) > (${at}::timestamptz, ${id}::text)
    ORDER BY "nextTryAt", id LIMIT ${atMost}`,
  )
}

/** After failures of our own. */
async function tryLater({ db, log }: Deps, failures: Map<string, unknown>): Promise<void> {
  for (const [messageId, err] of failures) log.error({ err, messageId }, 'message delivery failed; it is tried again')
  await postpone(db, [...failures.keys()], LATER_SECONDS)
}

/** Reads and judges messages, and claims those that are to be sent now, for a send that the caller makes. */
async function claimSendable(
  deps: Deps,
  ids: string[],
): Promise<{ claimed: Sendable[]; failures: Map<string, unknown> }> {
  const failures = new Map<string, unknown>()
  if (ids.length === 0) return { claimed: [], failures }
  const sendable = await prepare(deps, ids, failures)
  const isClaimed = await claimTries(
    deps.db,
    sendable.map(({ message }) => message.id),
  )
  return { claimed: sendable.filter(({ message }) => isClaimed.has(message.id)), failures }
}

/** A message that may be sent as it was judged, once it is claimed. */
interface Sendable {
  message: PendingMessage
  template: Template
  values: MessageValue[]
}

/** Finds the messages that are to be sent now; drops, refuses and postpones the others. Notes in `failures` what failed about one. */
async function prepare(deps: Deps, ids: string[], failures: Map<string, unknown>): Promise<Sendable[]> {
  const pending = await readPending(deps, ids)
  const byUse = Object.groupBy(pending, (message) => usefulness(deps, message))
  const { useful = [], unsendable = [], old = [], rejected = [] } = byUse
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
  const write = async (about: PendingMessage[], act: (ids: string[]) => Promise<unknown>) => {
    const ids = about.map(({ id }) => id)
    if (ids.length === 0) return
    await act(ids).catch((error: unknown) => {
      for (const id of ids) failures.set(id, error)
    })
  }
  await write(unsendable, (ids) => recordDropped(deps.db, ids, 'no template is configured'))
  await write(old, () => drop(deps, old, 'too old'))
  await write(rejected, () => refuseRejected(deps, rejected))
  for (const { message, reason } of dropped) await write([message], () => drop(deps, [message], reason))
  await write(postponed, (ids) => postpone(deps.db, ids, WAIT_SECONDS))
  return sendable
}

/**
 * Makes what records messages as sent, together with others that are sent at the same time. Where that fails, or somebody else
 * has locked one, it is recorded alone: what WeChat has must not be sent again because of another.
 */
function createRecorder({ db }: Pick<Deps, 'db'>): (id: string) => Promise<void> {
  const alone = new Set<string>()
  const recordTogether = createTogether(async (sent: string[]) => {
    const recorded = await recordSent(db, sent).catch((error: unknown) => {
      if (sent.length === 1) throw error
      return 0
    })
    if (recorded < sent.length) for (const id of sent) alone.add(id)
  })
  return async (id) => {
    await recordTogether(id)
    if (alone.delete(id)) await recordSentAlone(db, id)
  }
}

function usefulness(deps: Deps, message: PendingMessage): 'useful' | 'unsendable' | 'old' | 'rejected' {
  const { kind, isYoung, isAccepted } = message
  if (!findTemplate(deps, kind)) return 'unsendable'
  if (!isYoung) return 'old'
  return isAccepted === false ? 'rejected' : 'useful'
}

/** The span of a message, with what becomes of it. */
function stepOf({ mini }: Deps, { kind }: PendingMessage): Step {
  return {
    name: 'POST /cgi-bin/message/subscribe/send',
    kind: 'CLIENT',
    attributes: {
      'http.request.method': 'POST',
      'server.address': mini.apiUrl.hostname,
      'url.template': '/cgi-bin/message/subscribe/send',
      'looklook.message.kind': kind,
    },
  }
}

type RecordSent = (id: string) => Promise<void>

function send(deps: Deps, sendable: Sendable, record: RecordSent): Promise<void> {
  const { message } = sendable
  if (!tracing) return sendUntraced(deps, sendable, record)
  return tracing.of(message.payment, stepOf(deps, message), () => sendUntraced(deps, sendable, record))
}

async function sendUntraced(deps: Deps, { message, template, values }: Sendable, record: RecordSent): Promise<void> {
  const { id, openid, payment } = message
  try {
    const data = fillTemplate(template, values)
    await sendSubscribeMessage(deps.mini, { openid, templateId: template.id, data, number: payment.sn })
    deps.metrics.messages.inc({ kind: message.kind, outcome: 'sent' })
    await record(id)
  } catch (error) {
    await afterFailure(deps, message, error)
  }
}
