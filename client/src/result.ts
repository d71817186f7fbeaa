import type { ErrorCode, PaymentStateFragment, WxPayMutation } from '../generated/graphql.ts'

/** A payment as the server has it. */
export type Payment = PaymentStateFragment

/** What `wx.requestPayment` needs, `appId` and `paymentSn` beside it. */
export type WxPayParams = Extract<WxPayMutation['wxPay'], { __typename: 'WxPayParams' }>

/** Why a question has no answer: the server's error code, or NETWORK when none came. */
export interface Problem {
  code: ErrorCode | 'UNAUTHENTICATED' | 'NETWORK' | (string & {})
  /** For developers, in English; show guests a text of your own by `code`. */
  message: string
  /** Beside RATE_LIMITED. */
  retryAfterSeconds?: number
}

/** What a question brought: data, or the reason why there is none. */
export type Answer<Data> = { ok: true; data: Data } | { ok: false; problem: Problem }

/**
 * Why an order is not paid.
 * - CANCELLED: the guest closed the pay sheet; the order can still be paid.
 * - FAILED: WeChat could not show or finish the pay sheet; the order can still be paid.
 * - UNCONFIRMED: the phone says paid, nobody could be asked, or the client was closed: ask again with `paymentStatus`.
 * - CLOSED: the payment was closed, by the guest or by time.
 * - REFUNDED: it was paid, and the money is on its way back or there already.
 */
export type NotPaidReason = 'CANCELLED' | 'FAILED' | 'UNCONFIRMED' | 'CLOSED' | 'REFUNDED'

/** How a tap on "pay" ended, by the server's word. */
export type PayResult =
  | { outcome: 'PAID'; payment: Payment }
  /** `payment` is the newest state known; null when not even that could be learnt. */
  | { outcome: 'NOT_PAID'; reason: NotPaidReason; paymentSn: string; payment: Payment | null }
  /** `paymentSn` is there once a payment was opened: money that was paid for it is not lost. */
  | ({ outcome: 'REFUSED'; paymentSn?: string } & Problem)

/** What the server's state of a payment decides; null while it is open. */
export function decide(payment: Payment): PayResult | null {
  const notPaid = (reason: NotPaidReason): PayResult => {
    return { outcome: 'NOT_PAID', reason, paymentSn: payment.sn, payment }
  }
  switch (payment.status) {
    case 'SUCCESS':
      return { outcome: 'PAID', payment }
    case 'CLOSED':
      return notPaid('CLOSED')
    case 'REFUNDING':
    case 'REFUNDED':
      return notPaid('REFUNDED')
    case 'PENDING':
      return null
  }
}
