import type { Deps } from '../deps.ts'
import { enqueue } from '../infra/queue.ts'
import { uploadShipping } from '../jobs.ts'

const BATCH = 100

/**
 * Expires orders that weren't used by 00:00 (Shanghai) of the day of leaving, and enqueues their shipping uploads where the
 * merchant has that duty. One statement: the row lock and the repeated condition on the state make it safe beside a
 * redemption or a refund.
 *
 * @returns true when there may be more.
 */
export async function expireOrders(deps: Deps): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    const expired = await tx.$queryRaw<{ orderSn: string }[]>`
      UPDATE homestay_order SET "tradeState" = 'EXPIRED'
      WHERE "tradeState" = 'WAIT_USE' AND sn = ANY(ARRAY(
        SELECT sn FROM homestay_order
        WHERE "tradeState" = 'WAIT_USE' AND "liveEndDate" <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        ORDER BY "liveEndDate" LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))
      RETURNING sn AS "orderSn"`
    if (deps.config.order.uploadShipping) await enqueue(deps.queue, tx, uploadShipping, expired)
    return expired.length >= BATCH
  })
}
