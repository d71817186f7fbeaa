import { z } from 'zod'
import { fen, instantOrEmpty, optionalFen, optionalInstant, optionalText } from './signed-json.ts'

/** A payment as WeChat Pay reports it, in the answer to a query and in a notice alike. */
export interface WechatTransaction {
  appid: string
  mchid: string
  outTradeNo: string
  /** Absent until it is paid. */
  transactionId?: string
  tradeType?: string
  /** `SUCCESS`, `REFUND` (paid, and a refund was requested), `NOTPAY`, `CLOSED` …; WeChat may add others. */
  tradeState: string
  tradeStateDesc: string
  bankType?: string
  attach?: string
  successTime?: Date
  openid?: string
  /** `amount.total`: the price of the order, which must equal ours. */
  totalFen?: number
  /** `amount.payer_total`: less than the price when a coupon paid part of it. Never compare it with the price. */
  payerTotalFen?: number
  currency?: string
  /** The object as received, for the record. */
  raw: Record<string, unknown>
}

/** Without transforms, which take several times as long as the checks: there is one of these in every notice. */
const TransactionBody = z.object({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  transaction_id: z.string().nullish(),
  trade_type: z.string().nullish(),
  trade_state: z.string(),
  trade_state_desc: z.string().nullish(),
  bank_type: z.string().nullish(),
  attach: z.string().nullish(),
  success_time: instantOrEmpty.nullish(),
  payer: z.object({ openid: z.string().nullish() }).nullish(),
  amount: z.object({ total: fen.nullish(), payer_total: fen.nullish(), currency: z.string().nullish() }).nullish(),
})

/**
 * A payment from the JSON of a query's answer or of a notice.
 *
 * Source: wechatpay-go `services/payments/models.go`.
 *
 * @throws {z.ZodError} when a field is not as documented.
 */
export function parseTransaction(raw: Record<string, unknown>): WechatTransaction {
  const body = TransactionBody.parse(raw)
  return {
    appid: body.appid,
    mchid: body.mchid,
    outTradeNo: body.out_trade_no,
    // WeChat leaves a text out, or sends it as null or empty, when there is none.
    transactionId: body.transaction_id || undefined,
    tradeType: body.trade_type || undefined,
    tradeState: body.trade_state,
    tradeStateDesc: body.trade_state_desc ?? '',
    bankType: body.bank_type || undefined,
    attach: body.attach || undefined,
    successTime: body.success_time ? new Date(body.success_time) : undefined,
    openid: body.payer?.openid || undefined,
    totalFen: body.amount?.total ?? undefined,
    payerTotalFen: body.amount?.payer_total ?? undefined,
    currency: body.amount?.currency || undefined,
    raw,
  }
}

type RefundStatus = 'SUCCESS' | 'CLOSED' | 'PROCESSING' | 'ABNORMAL'

/** A refund as WeChat Pay reports it. Manual refunds, made on the merchant platform, look the same. */
export interface WechatRefund {
  refundId: string
  /** The merchant, which notices name and answers don't. */
  mchid?: string
  outRefundNo: string
  transactionId: string
  outTradeNo: string
  status: RefundStatus
  successTime?: Date
  /** WeChat's description of the account that the money went to. */
  userReceivedAccount?: string
  /** The price of the order in fen. */
  totalFen: number
  /** How much of it is refunded, in fen. */
  refundFen: number
  payerTotalFen?: number
  /** What the payer gets back in fen, after coupons. Only WeChat can compute it. */
  payerRefundFen?: number
  currency?: string
  /** The object as received, for the record. */
  raw: Record<string, unknown>
}

const RefundStatusBody = z.enum(['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL'])

const RefundBody = z.object({
  mchid: optionalText,
  refund_id: z.string(),
  out_refund_no: z.string(),
  transaction_id: z.string(),
  out_trade_no: z.string(),
  success_time: optionalInstant,
  user_received_account: optionalText,
  amount: z.object({
    total: fen,
    refund: fen,
    payer_total: optionalFen,
    payer_refund: optionalFen,
    currency: optionalText,
  }),
})

/**
 * A refund from the JSON of an answer, to a refund request or to a query.
 *
 * @throws {z.ZodError} when a field is not as documented.
 */
export function parseRefund(raw: Record<string, unknown>): WechatRefund {
  return refundOf(RefundBody.parse(raw), RefundStatusBody.parse(raw.status), raw)
}

/**
 * A refund from the JSON of a notice, in which the status is called `refund_status` and `mchid` is included.
 *
 * @throws {z.ZodError} when a field is not as documented.
 */
export function parseNotifiedRefund(raw: Record<string, unknown>): WechatRefund & { mchid: string } {
  const refund = refundOf(RefundBody.parse(raw), RefundStatusBody.parse(raw.refund_status), raw)
  return { ...refund, mchid: z.string().parse(raw.mchid) }
}

function refundOf(body: z.infer<typeof RefundBody>, status: RefundStatus, raw: Record<string, unknown>): WechatRefund {
  return {
    refundId: body.refund_id,
    mchid: body.mchid,
    outRefundNo: body.out_refund_no,
    transactionId: body.transaction_id,
    outTradeNo: body.out_trade_no,
    status,
    successTime: body.success_time,
    userReceivedAccount: body.user_received_account,
    totalFen: body.amount.total,
    refundFen: body.amount.refund,
    payerTotalFen: body.amount.payer_total,
    payerRefundFen: body.amount.payer_refund,
    currency: body.amount.currency,
    raw,
  }
}
