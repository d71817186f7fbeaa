import type { Payment, Refund } from '../store/ledger.ts'

/** The coupon of a payment, as a transaction reports it. Source: wechatpay-go `services/payments/models.go`, `PromotionDetail`. */
export function describeCoupon({ couponFen, couponType = 'CASH', transactionId }: Payment): Record<string, unknown>[] {
  if (couponFen === 0) return []
  const coupon = {
    coupon_id: couponId(transactionId),
    name: '沙箱代金券',
    scope: 'GLOBAL',
    type: couponType,
    amount: couponFen,
    stock_id: '9856888',
    wechatpay_contribute: couponType === 'CASH' ? couponFen : 0,
    merchant_contribute: couponType === 'CASH' ? 0 : couponFen,
    other_contribute: 0,
    currency: 'CNY',
  }
  return [coupon]
}

/** The coupon's part of a refund, as the refund reports it. Source: wechatpay-go `services/refunddomestic/models.go`, `Promotion`. */
export function describeCouponRefund(payment: Payment, refund: Refund): Record<string, unknown>[] {
  if (payment.couponFen === 0) return []
  const coupon = {
    promotion_id: couponId(payment.transactionId),
    scope: 'GLOBAL',
    type: payment.couponType === 'NOCASH' ? 'DISCOUNT' : 'COUPON',
    amount: payment.couponFen,
    refund_amount: couponShareFen(refund),
    goods_detail: [],
  }
  return [coupon]
}

/** The part of a payment that reaches the merchant's account. */
export function settledFen(totalFen: number, payment: Payment): number {
  return totalFen - (payment.couponType === 'NOCASH' ? payment.couponFen : 0)
}

/** The part of a refund that leaves the merchant's account. */
export function settledRefundFen(payment: Payment, refund: Refund): number {
  return payment.couponType === 'NOCASH' ? refund.payerRefundFen : refund.refundFen
}

/** The part of a refund that a coupon had paid; the buyer doesn't get it. */
export function couponShareFen({ refundFen, payerRefundFen }: Refund): number {
  return refundFen - payerRefundFen
}

function couponId(transactionId: string): string {
  return transactionId.slice(-11)
}
