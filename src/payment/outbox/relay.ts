import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { enqueue } from '../../infra/queue.ts'
import { paymentChanged } from '../../jobs.ts'

/**
 * The relay of the transactional outbox. There is no outbox table: whoever changes a payment raises its `version` in
 * the same transaction, and that is the outbox entry. Two more versions on the row say how far the change has come:
 *
 * - `queuedVersion`: up to here a `payment-changed` job was enqueued, or there is nothing left for one to do.
 * - `appliedVersion`: up to here the payment was applied to its order (apply-to-order.ts).
 *
 * Each run of the loop (apply-new.ts) applies what it can at once, and enqueues one job per payment for the rest, of two
 * kinds:
 *
 * - NEW: `version` is ahead of `queuedVersion`.
 * - STALLED: enqueued a minute ago, and still not applied. Its job was lost (somebody emptied the queue), keeps
 *   failing, or waits in a long queue. Back-off: enqueued again after as long as it has waited so far, at the latest
 *   after an hour.
 *
 * Delivery is at least once and in any order. Neither matters, because a job carries the payment's number and no state,
 * and applying is level-triggered. Jobs and `queuedVersion` are written by one transaction, so a crash leaves either
 * both or neither; several workers share the payments by SKIP LOCKED. Runs are every 500 ms, and sooner on a hint.
 */

/** How many STALLED payments get a job at once, at most. */
export const STALLED_AT_ONCE = 100

const STALLED_AFTER_SECONDS = 60
const LONGEST_BACK_OFF_SECONDS = 3_600

/** SQL: whether a payment `p` is STALLED. */
export const IS_STALLED = Prisma.sql`
  version > "appliedVersion" AND "queuedAt" < now() - make_interval(secs => ${STALLED_AFTER_SECONDS})
  AND "queuedAt" < now() - LEAST(make_interval(secs => ${LONGEST_BACK_OFF_SECONDS}), "queuedAt" - (
    SELECT min(at) FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion"))`

/**
 * Enqueues a job for each of these payments that is NEW, and for a batch of those that are STALLED. Skips what is locked. Safe
 * to run in any number of processes.
 *
 * @returns how many it has enqueued.
 */
export async function relayPayments(deps: Deps, newSns: string[]): Promise<number> {
  return deps.db.$transaction(async (tx) => {
    const queued = await tx.$queryRaw<{ sn: string }[]>`
      WITH new AS MATERIALIZED (
        SELECT sn FROM payment WHERE version > "queuedVersion" AND sn = ANY(${newSns}::text[])
        ORDER BY sn FOR UPDATE SKIP LOCKED
      ),
      stalled AS MATERIALIZED (
        SELECT sn FROM payment p WHERE ${IS_STALLED}
        ORDER BY "queuedAt" LIMIT ${STALLED_AT_ONCE} FOR UPDATE SKIP LOCKED
      )
      UPDATE payment p SET "queuedVersion" = p.version, "queuedAt" = now()
      WHERE sn = ANY(ARRAY(SELECT sn FROM new UNION SELECT sn FROM stalled)) RETURNING p.sn`
    await enqueue(
      deps.queue,
      tx,
      paymentChanged,
      queued.map(({ sn }) => ({ paymentSn: sn })),
    )
    return queued.length
  })
}
