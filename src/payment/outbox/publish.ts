import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import type { Tx } from '../../infra/database.ts'
import { enqueueByName } from '../../infra/queue.ts'
import { queryRows } from '../../infra/statement.ts'
import type { EventRef } from '../event.ts'

/**
 * Publishing: everybody who listens (`payment_listener`) gets a job for every event of a payment, in a queue of their own.
 * Applying a payment to its order doesn't wait for it, and is done by the relay (./relay.ts).
 *
 * - `publishedVersion`: up to here every listener has a job, or nobody listened. Kept per payment, since a number that all
 *   changes share would skip what is committed late.
 * - `streamedVersion`: up to here Kafka has it, too (./stream.ts).
 * - DUE: `version` is ahead of `publishedVersion`.
 *
 * Jobs and `publishedVersion` are written by one transaction, so a crash leaves either both or neither. From there on each
 * job has its own retries and dead letters, so whoever fails holds up nobody else. Several processes share the payments by
 * SKIP LOCKED, and one of them at a time publishes what belongs to one order.
 *
 * Who listens stands in the database, and not in a process: an older process publishes to listeners that it doesn't know.
 * While nobody does, those who change a payment in a hot path mark it as published themselves.
 */

/** How many payments are published by one transaction at most. */
export const PUBLISHED_AT_ONCE = 200

/** Seed of the hash that turns an order into an advisory lock's number, apart from the database's other advisory locks. */
const ORDER_LOCKS = 4_701_522_912

/**
 * Publishes a batch of what is due. Skips what is locked. Safe to run in any number of processes.
 *
 * @returns true when there may be more to do at once.
 */
export async function publishDue(deps: Deps): Promise<boolean> {
  const [due] = await queryRows(deps.db, Prisma.sql`SELECT 1 FROM payment WHERE version > "publishedVersion" LIMIT 1`)
  if (!due) return false
  return deps.db.$transaction(async (tx) => {
    const due = await lockBatch(tx)
    const events = await markPublished(tx, due)
    const listeners = events.length > 0 ? await tx.paymentListener.findMany({ where: { hasQueue: true } }) : []
    for (const { job } of listeners) {
      await enqueueByName(deps.queue, tx, job, events)
    }
    return due.length >= PUBLISHED_AT_ONCE
  })
}

/** Locks a batch of what is due, of which nobody else publishes the orders. @returns their numbers. */
async function lockBatch(tx: Tx): Promise<string[]> {
  const due = await tx.$queryRaw<{ sn: string }[]>`
    WITH due AS MATERIALIZED (
      SELECT sn, "serviceType", "orderSn" FROM payment WHERE version > "publishedVersion"
      ORDER BY sn LIMIT ${PUBLISHED_AT_ONCE} FOR UPDATE SKIP LOCKED
    )
    SELECT sn FROM due
    WHERE pg_try_advisory_xact_lock(hashtextextended("serviceType" || ' ' || "orderSn", ${ORDER_LOCKS}))`
  return due.map(({ sn }) => sn)
}

/**
 * Marks locked payments as published. A statement of its own: the one that locked them got the rows as they are, and would see
 * their events as they were when it began.
 *
 * @returns the events that must be enqueued with it.
 */
function markPublished(tx: Tx, sns: string[]): Promise<EventRef[]> {
  return tx.$queryRaw`
    WITH mine AS MATERIALIZED (
      SELECT p.* FROM unnest(${sns}::text[]) AS m(sn), LATERAL (
        SELECT p.sn, p.version, p."publishedVersion" FROM payment p WHERE p.sn = m.sn OFFSET 0
      ) p
    ),
    published AS (
      UPDATE payment p SET "publishedVersion" = mine.version,
        -- What Kafka is to get begins with the first event that is published while it listens.
        "streamedVersion" = CASE WHEN EXISTS (SELECT 1 FROM payment_listener WHERE NOT "hasQueue")
          THEN COALESCE(p."streamedVersion", mine."publishedVersion") ELSE p."streamedVersion" END
      FROM mine WHERE p.sn = mine.sn
    )
    SELECT e."paymentSn", e.version FROM mine, LATERAL (
      SELECT e."paymentSn", e.version FROM payment_event e
      WHERE e."paymentSn" = mine.sn AND e.version > mine."publishedVersion" AND e.version <= mine.version OFFSET 0
    ) e ORDER BY e."paymentSn", e.version`
}
