import { type HomestayOrder, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../infra/queue.ts'
import { startOfShanghaiDay } from '../infra/shanghai.ts'
import { uploadShipping } from '../jobs.ts'
import { MiniProgramError } from '../wechat/errors.ts'
import { uploadShippingInfo } from '../wechat/shipping.ts'
import { orderRemedies } from './remedies.ts'

/** An order whose upload still has no job and no success so long after it was due is enqueued again: its job was lost. */
const LOST_AFTER_SECONDS = 600
const BATCH = 50

/** WeChat knows a payment about a minute after it was paid; one that is still unknown to it after so long may stay so. */
export const NOT_SHIPPED_AFTER_SECONDS = 86_400

/**
 * WeChat has this payment's shipping info already, and its one correction was used.
 * Source: https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
 */
const UPLOADED_BEFORE = [10060002, 10060003]

/**
 * SQL: since when an order's shipping info is due, once it is USED or EXPIRED: its redemption; where nobody came, 00:00 (Shanghai)
 * of the day of leaving.
 */
export const DUE_SINCE = Prisma.sql`COALESCE("usedAt", "liveEndDate"::timestamp AT TIME ZONE 'Asia/Shanghai')`

/** Whether an order is one whose shipping info WeChat must get, and hasn't: it was redeemed, or nobody came for it. */
export function awaitsShipping({ tradeState, shippedAt }: Pick<HomestayOrder, 'tradeState' | 'shippedAt'>): boolean {
  return (tradeState === 'USED' || tradeState === 'EXPIRED') && shippedAt === null
}

/**
 * Uploads to WeChat that an order's service was rendered, or was there and nobody came; until then it keeps the merchant's money
 * frozen. Does nothing for an order that isn't USED or EXPIRED (any more), or that was uploaded. Safe to call again.
 *
 * @throws {MiniProgramError} when WeChat refuses or doesn't answer; with an alert where waiting won't help.
 */
export async function uploadShippingOf(deps: Deps, { orderSn }: { orderSn: string }): Promise<void> {
  const order = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: orderSn }, include: { paidBy: true } })
  if (!awaitsShipping(order) || !order.paidBy?.transactionId) return
  const { transactionId, openid } = order.paidBy
  const shippingList = [{ itemDesc: order.title }]
  await uploadShippingInfo(deps.mini, {
    transactionId,
    openid,
    logistics: 'virtual',
    shippingList,
    uploadTime: new Date(),
  }).catch((error: unknown) => {
    // An earlier answer was lost, or another worker was faster.
    if (error instanceof MiniProgramError && UPLOADED_BEFORE.includes(error.errcode ?? 0)) return
    const dueSince = order.usedAt ?? startOfShanghaiDay(order.liveEndDate)
    const isStuck = Date.now() - dueSince.getTime() > NOT_SHIPPED_AFTER_SECONDS * 1_000
    if (isStuck || (error instanceof MiniProgramError && error.when !== 'later')) {
      deps.log.error(
        { err: error, alarm: 'shipping', orderSn, remedy: orderRemedies.ship(orderSn) },
        'shipping upload failed: WeChat keeps the money frozen',
      )
    }
    throw error
  })
  await deps.db.homestayOrder.update({ where: { sn: orderSn }, data: { shippedAt: new Date() } })
}

/**
 * Enqueues again the uploads of orders whose job was lost, where the merchant has that duty. An order whose job
 * waits for its next try is left to it.
 *
 * @returns true when there may be more.
 */
export async function requeueShipping(deps: Deps): Promise<boolean> {
  if (!deps.config.order.uploadShipping) return false
  return deps.db.$transaction(async (tx) => {
    const lost = await tx.$queryRaw<{ orderSn: string }[]>`
      SELECT o.sn AS "orderSn" FROM homestay_order o
      WHERE o."tradeState" IN ('USED', 'EXPIRED') AND o."shippedAt" IS NULL
        AND ${DUE_SINCE} < now() - make_interval(secs => ${LOST_AFTER_SECONDS})
        AND NOT EXISTS (
          SELECT 1 FROM pgboss.job j
          WHERE j.name = ${uploadShipping.name} AND j.state IN ('created', 'retry', 'active') AND j.data->>'orderSn' = o.sn)
      ORDER BY ${DUE_SINCE} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`
    await enqueue(deps.queue, tx, uploadShipping, lost)
    return lost.length >= BATCH
  })
}
