import { PayError } from '../http/pay-error.ts'
import { paymentNotice } from '../notice/build.ts'
import { scheduleNotice } from '../notice/deliver.ts'
import { newOpenid, newTransactionId } from '../numbers.ts'
import type { CouponType, Order } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** How an order is paid. */
export interface Paying {
  /** Who pays, where the order doesn't say it; a user nobody has seen before by default. */
  openid?: string | undefined
  /** Paid by a coupon, in fen: `payer_total` is that much below `total`. */
  couponFen?: number | undefined
  /** CASH, the default: WeChat Pay pays the merchant the coupon's amount; NOCASH: nobody does. */
  couponType?: CouponType | undefined
}

/**
 * Pays an order and sends the notice, whether or not the order was closed or has expired.
 *
 * @throws {PayError} ORDERPAID when it is paid already; PARAM_ERROR when the coupon is worth more than the order, or
 * somebody else is to pay it.
 */
export function payOrder(
  world: World,
  order: Order,
  { openid = order.openid ?? newOpenid(), couponFen = 0, couponType = 'CASH' }: Paying = {},
): { transactionId: string } {
  if (order.payment) throw new PayError('ORDERPAID')
  if (order.openid !== undefined && openid !== order.openid) {
    throw new PayError('PARAM_ERROR', `This order can be paid by ${order.openid} alone, who was named in its prepay`)
  }
  if (!Number.isInteger(couponFen) || couponFen < 0 || couponFen > order.totalFen) {
    throw new PayError('PARAM_ERROR', `coupon must be an integer of fen from 0 to ${order.totalFen}`)
  }
  const now = world.now()
  const transactionId = newTransactionId(now)
  const payment = { transactionId, paidAt: now, couponFen, couponType }
  const paid: Order = { ...order, openid, state: 'SUCCESS', payment }
  const notice = paymentNotice(world, paid)
  world.ledger.commit(['orders', paid], ['users', { openid }], ['notices', notice])
  scheduleNotice(world, notice)
  return { transactionId }
}

/** @throws {PayError} ORDER_NOT_EXIST, and what {@link payOrder} throws. */
export function payByNumber(world: World, outTradeNo: string, paying?: Paying): { transactionId: string } {
  const order = world.ledger.orders.get(outTradeNo)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return payOrder(world, order, paying)
}
