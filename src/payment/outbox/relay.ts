import type { Deps } from '../../deps.ts'
import { enqueue } from '../../infra/queue.ts'
import { paymentChanged } from '../../jobs.ts'

/**
 * The relay of the transactional outbox. There is no outbox table: whoever changes a payment raises its `version` in
 * the same transaction, and that is the outbox entry. Two more versions on the row say how far the change has come:
 *
 * - `queuedVersion`: up to here a `payment-changed` job was enqueued.
 * - `appliedVersion`: up to here the payment was applied to its order (apply-to-order.ts).
 *
 * Each run enqueues one job per payment, for two kinds of them:
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

const BATCH = 100

const STALLED_AFTER_SECONDS = 60
const LONGEST_BACK_OFF_SECONDS = 3_600

/**
 * Enqueues a job for each payment that is NEW or STALLED, in batches. Safe to run in any number of processes.
 *
 * @returns true when there may be more.
 */
export async function relayPayments(deps: Deps): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    const queued = await tx.$queryRaw<{ sn: string }[]>`
      WITH new AS MATERIALIZED (
        SELECT sn FROM payment WHERE version > "queuedVersion" ORDER BY sn LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      ),
      stalled AS MATERIALIZED (
        SELECT sn FROM payment p
        WHERE version > "appliedVersion" AND "queuedAt" < now() - make_interval(secs => ${STALLED_AFTER_SECONDS})
          AND "queuedAt" < now() - LEAST(make_interval(secs => ${LONGEST_BACK_OFF_SECONDS}), "queuedAt" - (
            SELECT min(at) FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion"))
        ORDER BY "queuedAt" LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      )
      UPDATE payment p SET "queuedVersion" = p.version, "queuedAt" = now()
      WHERE sn = ANY(ARRAY(SELECT sn FROM new UNION SELECT sn FROM stalled)) RETURNING p.sn`
    await enqueue(
      deps.queue,
      tx,
      paymentChanged,
      queued.map(({ sn }) => ({ paymentSn: sn })),
    )
    return queued.length >= BATCH
  })
}
