import { type Message, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import type { Database } from '../infra/database.ts'
import { DUE_BY } from '../infra/due.ts'
import { countChanged, queryRows } from '../infra/statement.ts'

/** WeChat takes no idempotency key, so a try with an unknown outcome may have been delivered: three at the most. */
const MAX_TRIES = 3

/** How long a try keeps others away; longer than a try can take. */
const TRY_SECONDS = 60

/** After a first and a second try with an unknown outcome: soon, and once WeChat has had time to recover. */
const AFTER_UNKNOWN_SECONDS = [15, 600]

/** A message that wasn't sent for so long after it became due is of no use to the guest. */
export const WORTHLESS_AFTER_SECONDS = 24 * 3_600

/** Retry delay after a refusal that may pass: a quarter of the message's age, from 30 s to 1 h. */
export const LATER_SECONDS = 30
const LATER_SECONDS_AT_MOST = 3_600

/**
 * SQL: the CTE `free`, those of the messages that wait, and for which `condition` holds. Without those that somebody else has
 * locked: one row must not keep all others waiting, and what is left out is found again by a later run.
 */
function freeOf(ids: string[], condition: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    free AS MATERIALIZED (
      SELECT id FROM message WHERE id = ANY(${ids}::text[]) AND status = 'PENDING' AND ${condition}
      ORDER BY id FOR UPDATE SKIP LOCKED
    )`
}

/**
 * Counts a try of each message before it is made, and keeps others away while it is.
 *
 * @returns those to try. Of the others somebody else holds some for a try of its own, or has locked them; those whose tries are
 * used up are dropped.
 */
export async function claimTries(db: Database, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const claimed = await queryRows<{ id: string }>(
    db,
    Prisma.sql`
    WITH ${freeOf(ids, Prisma.sql`tries < ${MAX_TRIES} AND "nextTryAt" <= ${DUE_BY}`)}
    UPDATE message m SET tries = tries + 1, "nextTryAt" = clock_timestamp() + make_interval(secs => ${TRY_SECONDS})
    WHERE id = ANY(ARRAY(SELECT id FROM free)) RETURNING m.id`,
  )
  const isClaimed = new Set(claimed.map(({ id }) => id))
  const others = ids.filter((id) => !isClaimed.has(id))
  if (others.length > 0)
    await countChanged(
      db,
      Prisma.sql`
      WITH ${freeOf(others, Prisma.sql`tries >= ${MAX_TRIES} AND "nextTryAt" <= ${DUE_BY}`)}
      UPDATE message m SET status = 'DROPPED', note = 'the outcome of every try is unknown', "nextTryAt" = NULL
      WHERE id = ANY(ARRAY(SELECT id FROM free))`,
    )
  return isClaimed
}

/** @returns how many it has recorded: those that somebody else has locked are left out. */
export function recordSent(db: Database, ids: string[]): Promise<number> {
  return countChanged(
    db,
    Prisma.sql`
    WITH free AS MATERIALIZED (SELECT id FROM message WHERE id = ANY(${ids}::text[]) ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE message m SET ${IS_SENT} WHERE id = ANY(ARRAY(SELECT id FROM free))`,
  )
}

/** Waits for the row where it is locked: what isn't recorded is sent again. */
export async function recordSentAlone(db: Database, id: string): Promise<void> {
  await countChanged(db, Prisma.sql`UPDATE message SET ${IS_SENT} WHERE id = ${id} AND status <> 'SENT'`)
}

const IS_SENT = Prisma.sql`status = 'SENT', "sentAt" = clock_timestamp(), "nextTryAt" = NULL, note = NULL`

/** Leaves messages alone that another try has claimed. */
export async function postpone(db: Database, ids: string[], seconds: number): Promise<void> {
  if (ids.length === 0) return
  await countChanged(
    db,
    Prisma.sql`
    WITH ${freeOf(ids, Prisma.sql`"nextTryAt" <= ${DUE_BY}`)}
    UPDATE message m SET "nextTryAt" = now() + make_interval(secs => ${seconds}) WHERE id = ANY(ARRAY(SELECT id FROM free))`,
  )
}

/** After a refusal: surely not delivered, so the try doesn't count. */
export async function tryAgainLater(db: Database, id: string): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE message SET tries = tries - 1, "nextTryAt" = now() + LEAST(
      GREATEST(make_interval(secs => ${LATER_SECONDS}), (now() - "createdAt") / 4),
      make_interval(secs => ${LATER_SECONDS_AT_MOST})) WHERE id = ${id} AND status = 'PENDING' AND tries > 0`,
  )
}

export async function tryAgainAfterUnknown(db: Database, id: string): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE message SET "nextTryAt" =
      now() + make_interval(secs => COALESCE((${AFTER_UNKNOWN_SECONDS}::int[])[tries], 0))
    WHERE id = ${id}`,
  )
}

/**
 * Records that WeChat refused a message for want of consent; whoever accepts later has it sent. One that the guest has
 * accepted since it was read is due again at once: WeChat may have decided before.
 *
 * @returns whether it is refused now.
 */
export async function recordRefused(
  db: Database,
  { id, consents }: Pick<Message, 'id' | 'consents'>,
  note: string,
): Promise<boolean> {
  // One statement, which sees the row as it is once it has its lock.
  const [row] = await queryRows<{ status: string }>(
    db,
    Prisma.sql`
    UPDATE message SET
      status = CASE WHEN consents = ${consents} THEN 'REFUSED' ELSE 'PENDING' END::"MessageStatus",
      tries = CASE WHEN consents = ${consents} THEN tries ELSE 0 END,
      "nextTryAt" = CASE WHEN consents = ${consents} THEN NULL ELSE now() END,
      note = CASE WHEN consents = ${consents} THEN ${note}::text END
    WHERE id = ${id} AND status = 'PENDING' RETURNING status`,
  )
  return row?.status === 'REFUSED'
}

/**
 * The same for messages that aren't tried, since the guest has rejected them; those that the guest has accepted since they
 * were read, or that somebody else has locked, are left for another run. @returns those that are refused now.
 */
export async function recordRejected(
  db: Database,
  messages: Pick<Message, 'id' | 'consents'>[],
  note: string,
): Promise<Set<string>> {
  const rows = await queryRows<{ id: string }>(
    db,
    Prisma.sql`
    WITH free AS MATERIALIZED (
      SELECT m.id FROM message m JOIN unnest(
        ${messages.map(({ id }) => id)}::text[], ${messages.map(({ consents }) => consents)}::int[]) AS read (id, consents)
        ON read.id = m.id AND read.consents = m.consents
      WHERE m.status = 'PENDING' AND m."nextTryAt" <= ${DUE_BY} ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
    )
    UPDATE message m SET status = 'REFUSED', note = ${note}, "nextTryAt" = NULL
    WHERE id = ANY(ARRAY(SELECT id FROM free)) RETURNING m.id`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Drops messages for one reason, with a line in the log for each. Locked ones are left for another run. */
export async function drop(
  { db, log, metrics }: Pick<Deps, 'db' | 'log' | 'metrics'>,
  messages: Pick<Message, 'id' | 'kind'>[],
  note: string,
): Promise<void> {
  const ids = messages.map(({ id }) => id)
  const dropped = await recordDropped(db, ids, note)
  for (const { id, kind } of messages) {
    if (!dropped.has(id)) continue
    metrics.messages.inc({ kind, outcome: 'dropped' })
    log.info({ messageId: id, kind, note }, 'message dropped')
  }
}

/** Leaves out what somebody else has locked. @returns those that it has dropped. */
export async function recordDropped(db: Database, ids: string[], note: string): Promise<Set<string>> {
  const rows = await queryRows<{ id: string }>(
    db,
    Prisma.sql`
    WITH ${freeOf(ids, Prisma.sql`true`)}
    UPDATE message m SET status = 'DROPPED', note = ${note}, "nextTryAt" = NULL
    WHERE id = ANY(ARRAY(SELECT id FROM free)) RETURNING m.id`,
  )
  return new Set(rows.map(({ id }) => id))
}
