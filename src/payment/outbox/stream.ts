import { randomUUID } from 'node:crypto'
import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import type { Database } from '../../infra/database.ts'
import type { KafkaTopic } from '../../infra/kafka.ts'
import { queryRows } from '../../infra/statement.ts'
import { type EventRef, getEvents } from '../event.ts'

/**
 * Streaming: what is published goes to Kafka too, where it is configured; at least once, and in order per order, which is
 * the key.
 *
 * - `streamedVersion`: up to here Kafka has confirmed the payment's events. Behind `publishedVersion` while it hasn't.
 * - The LEASE: one process streams at a time, and renews its lease with each run. When it dies another one goes on, once that
 *   has run out; from what was confirmed, so the last events may come again.
 * - An order's events go out by their time, all attempts together, and only while all of them are published: the next
 *   attempt's never overtake the last one's.
 *
 * While Kafka is away nothing else notices, and what is due waits in the rows.
 */

/** What stands for Kafka among the listeners. It has no jobs. */
const LISTENER = 'kafka-stream'

const LEASE_SECONDS = 30

/** How many payments are looked at for one send. */
const PAYMENTS_AT_ONCE = 200

/** How many events go out together at most: a quarter of the megabyte that brokers take. Half as many after each failure. */
const EVENTS_AT_ONCE = 500

/**
 * From its commit on, each change is published to Kafka, by whichever worker has it configured, until the listener is removed.
 * Safe to call twice.
 */
export async function startStreaming(db: Database): Promise<void> {
  await db.$executeRaw`INSERT INTO payment_listener (job, "hasQueue") VALUES (${LISTENER}, false) ON CONFLICT DO NOTHING`
}

/**
 * A loop's `run` that streams what is due, in any number of processes; and what to do after the last one, so that another process
 * goes on at once.
 */
export function createStream(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  kafka: KafkaTopic,
): { run(): Promise<boolean>; end(): Promise<void> } {
  const holder = randomUUID()
  let isAway = false
  let atOnce = EVENTS_AT_ONCE

  const run = async () => {
    if (!(await acquireLease(db, holder))) return false
    const due = await findDue(db, atOnce)
    if (due.length === 0) return false
    const events = await getEvents(db, due)
    try {
      await kafka.send(events.map((event) => ({ key: event.orderSn, value: JSON.stringify(event) })))
    } catch (error) {
      // Said once: it may be away for hours.
      if (!isAway) log.warn({ err: error }, 'kafka unavailable, events wait')
      isAway = true
      // It may be too much for the brokers; and what a part of them has taken goes out again.
      atOnce = Math.max(1, Math.floor(atOnce / 2))
      return false
    }
    if (isAway) log.info('kafka available again')
    isAway = false
    atOnce = Math.min(EVENTS_AT_ONCE, atOnce * 2)
    await recordStreamed(db, holder, due)
    return true
  }
  const end = async () => {
    await kafka.close()
    // The column rounds to whole milliseconds: a bare now() could be stored up to half a millisecond ahead, and the lease
    // would still hold.
    await db.$executeRaw`
      UPDATE event_stream SET "leasedUntil" = now() - interval '1 millisecond' WHERE name = ${LISTENER} AND holder = ${holder}`
  }
  return { run, end }
}

/** @returns whether this process may stream until it asks again, at least for so long as a send may take; nobody may without the listener. */
async function acquireLease(db: Database, holder: string): Promise<boolean> {
  const held = await queryRows(
    db,
    Prisma.sql`
    INSERT INTO event_stream AS s (name, holder, "leasedUntil")
    SELECT job, ${holder}, now() + make_interval(secs => ${LEASE_SECONDS}) FROM payment_listener WHERE job = ${LISTENER}
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, "leasedUntil" = EXCLUDED."leasedUntil"
    WHERE s.holder = ${holder} OR s."leasedUntil" < now()
    RETURNING name`,
  )
  return held.length > 0
}

/** The first events of a batch of orders whose events may go out, each order's in their order. */
function findDue(db: Database, atMost: number): Promise<EventRef[]> {
  return queryRows<EventRef>(
    db,
    Prisma.sql`
    WITH due AS MATERIALIZED (
      SELECT DISTINCT "serviceType", "orderSn" FROM (
        SELECT "serviceType", "orderSn" FROM payment p WHERE "publishedVersion" > "streamedVersion" AND (
          SELECT bool_and(o.version <= o."publishedVersion") FROM payment o
          WHERE o."orderSn" = p."orderSn" AND o."serviceType" = p."serviceType")
        ORDER BY sn LIMIT ${PAYMENTS_AT_ONCE}
      ) p
    ),
    attempt AS MATERIALIZED (
      SELECT p.* FROM due, LATERAL (
        SELECT p.sn, p."orderSn", p."publishedVersion", p."streamedVersion" FROM payment p
        WHERE p."orderSn" = due."orderSn" AND p."serviceType" = due."serviceType" OFFSET 0
      ) p
    )
    -- A payment's events by their versions, even if the clock was turned back between them.
    SELECT e."paymentSn", e.version,
      max(e.at) OVER (PARTITION BY e."paymentSn" ORDER BY e.version) AS "inOrderAt"
    FROM attempt a, LATERAL (
      SELECT e."paymentSn", e.version, e.at FROM payment_event e
      WHERE e."paymentSn" = a.sn AND e.version > a."streamedVersion" AND e.version <= a."publishedVersion" OFFSET 0
    ) e
    ORDER BY a."orderSn", "inOrderAt", e."paymentSn", e.version LIMIT ${atMost}`,
  )
}

/** Unless somebody else has the lease by now, who has read the rows as they are. */
async function recordStreamed(db: Database, holder: string, streamed: EventRef[]): Promise<void> {
  const newest = new Map(streamed.map(({ paymentSn, version }) => [paymentSn, version]))
  await db.$executeRaw`
    WITH locked AS MATERIALIZED (
      SELECT l.sn, s.version FROM (
        SELECT * FROM unnest(${[...newest.keys()]}::text[], ${[...newest.values()]}::int[]) AS s(sn, version) ORDER BY sn
      ) s, LATERAL (SELECT sn FROM payment WHERE sn = s.sn FOR UPDATE) l
    )
    UPDATE payment p SET "streamedVersion" = GREATEST(p."streamedVersion", s.version) FROM locked s
    WHERE p.sn = s.sn AND EXISTS (SELECT 1 FROM event_stream WHERE name = ${LISTENER} AND holder = ${holder})`
}
