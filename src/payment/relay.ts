import type { Deps } from '../deps.ts'
import { enqueue } from '../infra/queue.ts'
import { paymentChanged } from '../jobs.ts'

const BATCH = 100

/** A change that is queued and not followed for so long is queued again: its job was lost. */
const LOST_AFTER_SECONDS = 60

/**
 * Queues one job for each payment that changed since it was last queued. In one transaction, so a crash either has
 * queued it or leaves it to the next run; several workers share the payments by SKIP LOCKED.
 *
 * @returns true when there may be more.
 */
export async function relayPayments(deps: Deps): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    const queued = await tx.$queryRaw<{ sn: string }[]>`
      WITH due AS (
        SELECT sn FROM payment
        WHERE version > "queuedVersion"
           OR (version > "appliedVersion" AND "queuedAt" < now() - make_interval(secs => ${LOST_AFTER_SECONDS}))
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
