import { PayError } from '../http/pay-error.ts'
import { paymentNotice } from '../notice/build.ts'
import { scheduleNotice } from '../notice/deliver.ts'
import { newTransactionId } from '../numbers.ts'
import type { CouponType, Order } from '../store/ledger.ts'
import type { World } from '../world.ts'

/**
 * Pays an order and sends the notice, whether or not the order was closed or has expired.
 *
 * @param couponFen is paid by a coupon: `payer_total` is that much below `total`.
 * @param couponType CASH: WeChat Pay pays the merchant the coupon's amount; NOCASH: nobody does.
 * @throws {PayError} ORDERPAID when it is paid already; PARAM_ERROR when the coupon is worth more than the order.
 */
export function payOrder(
  world: World,
  order: Order,
  couponFen = 0,
  couponType: CouponType = 'CASH',
): { transactionId: string } {
  if (order.payment) throw new PayError('ORDERPAID')
  if (!Number.isInteger(couponFen) || couponFen < 0 || couponFen > order.totalFen) {
    throw new PayError('PARAM_ERROR', `coupon must be an integer of fen from 0 to ${order.totalFen}`)
  }
  const now = world.now()
  const transactionId = newTransactionId(now)
  const paid: Order = { ...order, state: 'SUCCESS', payment: { transactionId, paidAt: now, couponFen, couponType } }
  const notice = paymentNotice(world, paid)
  world.ledger.commit(['orders', paid], ['users', { openid: paid.openid }], ['notices', notice])
  scheduleNotice(world, notice)
  return { transactionId }
}

/** @throws {PayError} ORDER_NOT_EXIST, and what {@link payOrder} throws. */
export function payByNumber(
  world: World,
  outTradeNo: string,
  couponFen?: number,
  couponType?: CouponType,
): { transactionId: string } {
  const order = world.ledger.orders.get(outTradeNo)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return payOrder(world, order, couponFen, couponType)
}
