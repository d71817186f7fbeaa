import type { ErrorCode, PaymentStateFragment, WxPayMutation } from '../generated/graphql.ts'

/** A payment as the server knows it. */
export type Payment = PaymentStateFragment

/** The parameters of `wx.requestPayment`, with `appId` and `paymentSn` in addition. */
export type WxPayParams = Extract<WxPayMutation['wxPay'], { __typename: 'WxPayParams' }>

/** Why a request failed: the server's error code, NETWORK when no response came, NOT_ASKED when WeChat didn't ask the guest. */
export interface Problem {
  code: ErrorCode | 'UNAUTHENTICATED' | 'NETWORK' | 'NOT_ASKED' | (string & {})
  /** The server’s, in the language of the phone; with NETWORK and NOT_ASKED the client’s own, in English. */
  message: string
  /** Set with RATE_LIMITED. */
  retryAfterSeconds?: number
  /** Set with WECHAT_UNAVAILABLE: false when trying again doesn't help until the shop has mended something. */
  retryable?: boolean
}

/** The answer to a request: data, or the reason why there is none. */
export type Answer<Data> = { ok: true; data: Data } | { ok: false; problem: Problem }

/**
 * Why an order is not paid.
 * - CANCELLED: the guest closed the pay sheet; the order can still be paid.
 * - FAILED: WeChat could not show or finish the pay sheet; the order can still be paid.
 * - UNCONFIRMED: the phone says paid but the server has not confirmed it, the server could not be reached, or the
 *   client was closed: query `paymentStatus` later.
 * - CLOSED: the payment was closed because the guest cancelled the order or its time ran out.
 * - UNDER_REVIEW: money came that doesn't fit the order; an operator decides. Don't ask the guest to pay again.
 * - REFUNDED: it was paid, and is being refunded or has been refunded.
 */
export type NotPaidReason = 'CANCELLED' | 'FAILED' | 'UNCONFIRMED' | 'CLOSED' | 'UNDER_REVIEW' | 'REFUNDED'

/** How a call of `pay` ended, as the server reports it. */
export type PayResult =
  | { outcome: 'PAID'; payment: Payment }
  /** `payment` is the newest state known; null when none was received. */
  | { outcome: 'NOT_PAID'; reason: NotPaidReason; paymentSn: string; payment: Payment | null }
  /** `paymentSn` is set once the payment was opened: what was paid for it is not lost. */
  | ({ outcome: 'REFUSED'; paymentSn?: string } & Problem)

/** The result that follows from a payment's state; null while it is pending, and nothing came that is under review. */
export function decide(payment: Payment): PayResult | null {
  const notPaid = (reason: NotPaidReason): PayResult => {
    return { outcome: 'NOT_PAID', reason, paymentSn: payment.sn, payment }
  }
  switch (payment.status) {
    case 'SUCCESS':
      return { outcome: 'PAID', payment }
    case 'CLOSED':
      return notPaid(payment.underReview ? 'UNDER_REVIEW' : 'CLOSED')
    case 'REFUNDING':
    case 'REFUNDED':
      return notPaid('REFUNDED')
    case 'PENDING':
      return payment.underReview ? notPaid('UNDER_REVIEW') : null
  }
}
