import { type Message, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import type { Database } from '../infra/database.ts'
import { countChanged, queryRows } from '../infra/statement.ts'

/** WeChat takes no idempotency key, so a try with an unknown outcome may have been delivered: three at the most. */
const MAX_TRIES = 3

/** How long a try keeps others away; longer than a try can take. */
const TRY_SECONDS = 60

/** After a first and a second try with an unknown outcome: soon, and once WeChat has had time to recover. */
const AFTER_UNKNOWN_SECONDS = [15, 600]

/** Retry delay after a refusal that may pass: a quarter of the message's age, from 30 s to 1 h. */
export const LATER_SECONDS = 30
const LATER_SECONDS_AT_MOST = 3_600

/**
 * Counts a try of each message before it is made, and keeps others away while it is.
 *
 * @returns those to try. Of the others another process holds some for its own try; those whose tries are used up are
 * dropped.
 */
export async function claimTries(db: Database, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  // Locked in one order by all: two processes may hold the same messages, a job's and the loop's.
  const claimed = await queryRows<{ id: string }>(
    db,
    Prisma.sql`
    WITH free AS MATERIALIZED (
      SELECT id FROM message
      WHERE id = ANY(${ids}::text[]) AND status = 'PENDING' AND tries < ${MAX_TRIES} AND "nextTryAt" <= now()
      ORDER BY id FOR UPDATE
    )
    UPDATE message m SET tries = tries + 1, "nextTryAt" = now() + make_interval(secs => ${TRY_SECONDS})
    FROM free WHERE m.id = free.id RETURNING m.id`,
  )
  const isClaimed = new Set(claimed.map(({ id }) => id))
  const others = ids.filter((id) => !isClaimed.has(id))
  if (others.length > 0)
    await countChanged(
      db,
      Prisma.sql`
      UPDATE message SET status = 'DROPPED', note = 'the outcome of every try is unknown', "nextTryAt" = NULL
      WHERE id = ANY(${others}::text[]) AND status = 'PENDING' AND tries >= ${MAX_TRIES} AND "nextTryAt" <= now()`,
    )
  return isClaimed
}

export async function recordSent(db: Database, ids: string[]): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE message SET status = 'SENT', "sentAt" = now(), "nextTryAt" = NULL, note = NULL WHERE id = ANY(${ids}::text[])`,
  )
}

/** Leaves messages alone that another try has claimed. */
export async function postpone(db: Database, ids: string[], seconds: number): Promise<void> {
  if (ids.length === 0) return
  await countChanged(
    db,
    Prisma.sql`
    UPDATE message SET "nextTryAt" = now() + make_interval(secs => ${seconds})
    WHERE id = ANY(${ids}::text[]) AND status = 'PENDING' AND "nextTryAt" <= now()`,
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

/** Drops messages for one reason, with a line in the log for each. */
export async function drop(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  messages: Pick<Message, 'id' | 'kind'>[],
  note: string,
): Promise<void> {
  for (const { id, kind } of messages) log.info({ messageId: id, kind, note }, 'message dropped')
  await recordDropped(
    db,
    messages.map(({ id }) => id),
    note,
  )
}

export async function recordDropped(db: Database, ids: string[], note: string): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE message SET status = 'DROPPED', note = ${note}, "nextTryAt" = NULL
    WHERE id = ANY(${ids}::text[]) AND status = 'PENDING'`,
  )
}
