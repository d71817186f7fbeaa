import type { Deps } from '../deps.ts'
import { enqueue, work } from '../infra/queue.ts'
import { uploadShipping } from '../jobs.ts'
import { uploadShippingInfo } from '../wechat/shipping.ts'

/** A redemption that WeChat hasn't heard of after so long is queued again: its job was lost. */
const LOST_AFTER_SECONDS = 600
const BATCH = 50

/** The jobs that orders answer to. */
export async function registerOrderHandlers(deps: Deps): Promise<void> {
  await work(deps.queue, deps.log, uploadShipping, ({ orderSn }) => uploadShippingOf(deps, orderSn))
}

/**
 * Tells WeChat that a redeemed order's service was rendered; until then it keeps the merchant's money frozen. Safe to
 * call again.
 */
export async function uploadShippingOf(deps: Deps, orderSn: string): Promise<void> {
  const order = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: orderSn }, include: { paidBy: true } })
  if (order.shippedAt || !order.paidBy?.transactionId) return
  const { transactionId, openid } = order.paidBy
  const shippingList = [{ itemDesc: order.title }]
  await uploadShippingInfo(deps.mini, {
    transactionId,
    openid,
    logistics: 'virtual',
    shippingList,
    uploadTime: new Date(),
  })
  await deps.db.homestayOrder.update({ where: { sn: orderSn }, data: { shippedAt: new Date() } })
}

/** Queues again what was redeemed and never uploaded, where the merchant has that duty. */
export async function requeueShipping(deps: Deps): Promise<boolean> {
  if (!deps.config.order.uploadShipping) return false
  const lost = await deps.db.homestayOrder.findMany({
    where: { tradeState: 'USED', shippedAt: null, usedAt: { lt: new Date(Date.now() - LOST_AFTER_SECONDS * 1000) } },
    select: { sn: true },
    take: BATCH,
  })
  await deps.db.$transaction((tx) =>
    enqueue(
      deps.queue,
      tx,
      uploadShipping,
      lost.map(({ sn }) => ({ orderSn: sn })),
    ),
  )
  return false
}
