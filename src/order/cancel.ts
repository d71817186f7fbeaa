import type { HomestayOrder } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../errors.ts'
import { cancelUnpaid } from '../payment/close.ts'
import { followPayment } from '../payment/follow.ts'
import { OrderNotCancellableError } from './errors.ts'

/** An order whose closing found no certain answer is tried again after this. */
const CLOSE_AGAIN_SECONDS = 60

const BATCH = 10

/**
 * Cancels the guest's own unpaid order; its nights are free in the same commit. Of a cancelled one: nothing.
 *
 * @throws {NotFoundError} when it doesn't exist or is somebody else's.
 * @throws {OrderNotCancellableError} when it is past that, or WeChat has the money: then the order is paid by now.
 * @throws {WechatUnavailableError} when WeChat gives no certain answer; nothing is changed.
 */
export async function cancelHomestayOrder(deps: Deps, { userId, sn }: { userId: string; sn: string }): Promise<void> {
  const order = await deps.db.homestayOrder.findFirst({ where: { sn, userId } })
  if (!order) throw new NotFoundError('order')
  if (order.tradeState === 'CANCELLED') return
  if (order.tradeState !== 'WAIT_PAY') throw new OrderNotCancellableError(order.tradeState)
  const end = await cancelOrFollow(deps, sn)
  if (end === 'LATER') throw new WechatUnavailableError()
  const now = await getState(deps, sn)
  if (now !== 'CANCELLED') throw new OrderNotCancellableError(now)
}

/**
 * Cancels orders whose time to pay is over, with or without an attempt. What WeChat can't say for certain is tried
 * again; what turns out paid stays.
 *
 * @returns true when there may be more.
 */
export async function closeDueOrders(deps: Deps): Promise<boolean> {
  const { closeGraceSeconds } = deps.config.order
  const due = await deps.db.$queryRaw<Pick<HomestayOrder, 'sn'>[]>`
    WITH due AS (
      SELECT sn FROM homestay_order
      WHERE "tradeState" = 'WAIT_PAY'
        AND COALESCE("nextCloseAt", "payBefore") <= now()
        AND "payBefore" <= now() - make_interval(secs => ${closeGraceSeconds})
      ORDER BY COALESCE("nextCloseAt", "payBefore") LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    )
    UPDATE homestay_order o SET "nextCloseAt" = now() + make_interval(secs => ${CLOSE_AGAIN_SECONDS})
    FROM due WHERE o.sn = due.sn RETURNING o.sn`
  for (const { sn } of due) await cancelOrFollow(deps, sn)
  return due.length >= BATCH
}

/** Money that was faster than the cancelling is applied to the order in the same call. */
async function cancelOrFollow(deps: Deps, orderSn: string) {
  const order = { serviceType: 'HOMESTAY_ORDER', orderSn } as const
  const end = await cancelUnpaid(deps, order)
  if (end === 'PAID') {
    const paid = await deps.db.payment.findFirst({ where: { ...order, closedAt: null } })
    if (paid) await followPayment(deps, paid.sn)
  }
  return end
}

async function getState(deps: Deps, sn: string) {
  const { tradeState } = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn }, select: { tradeState: true } })
  return tradeState
}
