import type { Deps } from '../../deps.ts'
import { enqueue } from '../../infra/queue.ts'
import { paymentChanged } from '../../jobs.ts'

const BATCH = 100

/**
 * A change that was enqueued and isn't applied after so long is enqueued again: its job was lost. What still isn't applied
 * then fails, or waits its turn: it is enqueued again after as long as it has waited already, up to an hour.
 */
const LOST_AFTER_SECONDS = 60
const LOST_AFTER_SECONDS_AT_MOST = 3_600

/**
 * The outbox relay: enqueues one job for each payment whose `version` is ahead of its `queuedVersion`. In one transaction,
 * so a crash either has enqueued it or leaves it to the next run; several workers share the payments by SKIP LOCKED.
 *
 * @returns true when there may be more.
 */
export async function relayPayments(deps: Deps): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    const queued = await tx.$queryRaw<{ sn: string }[]>`
      WITH due AS (
        SELECT sn FROM payment p
        WHERE version > "queuedVersion"
           OR (version > "appliedVersion" AND "queuedAt" < now() - make_interval(secs => ${LOST_AFTER_SECONDS})
               AND "queuedAt" < now() - LEAST(make_interval(secs => ${LOST_AFTER_SECONDS_AT_MOST}), "queuedAt" - (
                 SELECT min(at) FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion")))
        LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      )
      UPDATE payment p SET "queuedVersion" = p.version, "queuedAt" = now() FROM due WHERE p.sn = due.sn RETURNING p.sn`
    await enqueue(
      deps.queue,
      tx,
      paymentChanged,
      queued.map(({ sn }) => ({ paymentSn: sn })),
    )
    return queued.length >= BATCH
  })
}
