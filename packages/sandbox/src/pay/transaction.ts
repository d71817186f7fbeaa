import { toBeijingTime } from '../beijing-time.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { describeCoupon } from './coupon.ts'
import { tradeTypeOf } from './trade-type.ts'

const descriptions: Record<Order['state'], string> = {
  NOTPAY: '订单未支付',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
  CLOSED: '订单已关闭',
}

/** A transaction as queries and notices report it; an unpaid one has little more than its state. */
export function describeTransaction(world: World, order: Order): Record<string, unknown> {
  const { appid, mchid } = world.credentials
  const { payment } = order
  const base = { appid, mchid, out_trade_no: order.outTradeNo }
  const state = { trade_state: order.state, trade_state_desc: descriptions[order.state] }
  if (!payment) return { ...base, ...state }
  return {
    ...base,
    transaction_id: payment.transactionId,
    trade_type: tradeTypeOf(order),
    ...state,
    bank_type: 'OTHERS',
    attach: order.attach ?? '',
    success_time: toBeijingTime(payment.paidAt),
    payer: { openid: order.openid },
    amount: {
      total: order.totalFen,
      payer_total: order.totalFen - payment.couponFen,
      currency: 'CNY',
      payer_currency: 'CNY',
    },
    ...(payment.couponFen > 0 ? { promotion_detail: describeCoupon(payment) } : {}),
  }
}
