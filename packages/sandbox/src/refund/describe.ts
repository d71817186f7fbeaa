import { toBeijingTime } from '../beijing-time.ts'
import { couponShareFen, describeCouponRefund, settledFen, settledRefundFen } from '../pay/coupon.ts'
import type { Refund } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** A refund as the API reports it; notices have fields of their own. */
export function describeRefund(world: World, refund: Refund): Record<string, unknown> {
  const payment = world.ledger.orders.get(refund.outTradeNo)?.payment
  if (!payment) throw new Error(`The order of refund ${refund.outRefundNo} is not paid`)
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: refund.transactionId,
    out_trade_no: refund.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    ...(refund.succeededAt === undefined ? {} : { success_time: toBeijingTime(refund.succeededAt) }),
    create_time: toBeijingTime(refund.createdAt),
    status: refund.status,
    funds_account: 'AVAILABLE',
    amount: {
      total: refund.totalFen,
      refund: refund.refundFen,
      from: [],
      payer_total: refund.payerTotalFen,
      payer_refund: refund.payerRefundFen,
      settlement_refund: settledRefundFen(payment, refund),
      settlement_total: settledFen(refund.totalFen, payment),
      discount_refund: couponShareFen(refund),
      currency: 'CNY',
      refund_fee: 0,
    },
    promotion_detail: describeCouponRefund(payment, refund),
  }
}
