import { WechatInputError } from './errors.ts'
import { cutToFit, matching, notifyUrl, oneLine, positiveFen, rules } from './input-rules.ts'
import type { WechatPay } from './merchant.ts'
import { readSigned, undocumented } from './signed-json.ts'
import { parseRefund, type WechatRefund } from './transaction.ts'
import { callPay } from './transport.ts'

const MAX_REASON_BYTES = 80
const MAX_NOTIFY_URL_LENGTH = 256

export interface RefundInput {
  /** Exactly one of `outTradeNo` and `transactionId`. */
  outTradeNo?: string
  transactionId?: string
  /** A new number is a second refund: repeat with the same one. */
  outRefundNo: string
  /** Shown to the payer; shortened to 80 bytes. */
  reason?: string
  notifyUrl?: string
  refundFen: number
  /** The price of the whole order. */
  totalFen: number
}

/**
 * The body of a refund call. Store it with the refund and send the same bytes every time.
 *
 * Source: wechatpay-go `services/refunddomestic/models.go`.
 *
 * @throws {WechatInputError} naming the field that breaks a rule of WeChat Pay's.
 */
export function buildRefundBody(input: RefundInput): string {
  const reason = cutToFit(oneLine(input.reason ?? ''), (text) => Buffer.byteLength(text) <= MAX_REASON_BYTES).trimEnd()
  const total = positiveFen('amount.total', input.totalFen)
  const refunded = positiveFen('amount.refund', input.refundFen)
  if (refunded > total) throw new WechatInputError('amount.refund', 'must not exceed amount.total')
  return JSON.stringify({
    ...refundedOrder(input),
    out_refund_no: rules.outRefundNo(input.outRefundNo),
    ...(reason === '' ? {} : { reason }),
    ...(input.notifyUrl === undefined ? {} : { notify_url: notifyUrl(input.notifyUrl, MAX_NOTIFY_URL_LENGTH) }),
    amount: { refund: refunded, total, currency: 'CNY' },
  })
}

function refundedOrder({ outTradeNo, transactionId }: RefundInput): Record<string, string> {
  if (outTradeNo !== undefined && transactionId === undefined) return { out_trade_no: rules.outTradeNo(outTradeNo) }
  if (transactionId !== undefined && outTradeNo === undefined) {
    return { transaction_id: rules.transactionId(transactionId) }
  }
  throw new WechatInputError('transaction_id', 'or out_trade_no must be given, and not both')
}

/**
 * Requests a refund, with a body from {@link buildRefundBody}. A signed answer means that it was accepted, whatever its
 * status. Safe to repeat with the same `body`.
 *
 * @throws {WechatPayError} unless WeChat Pay signed the answer.
 */
export async function requestRefund(wechat: WechatPay, body: string): Promise<WechatRefund> {
  const { out_refund_no: outRefundNo } = JSON.parse(body) as { out_refund_no: string }
  const request = { method: 'POST' as const, path: '/v3/refund/domestic/refunds', body, number: outRefundNo }
  return callForRefund(wechat, request, (report) => report.outRefundNo === outRefundNo)
}

/**
 * Queries a refund by our number.
 *
 * @throws {WechatPayError} unless WeChat Pay signed an answer about this very refund.
 */
export async function queryRefund(wechat: WechatPay, { outRefundNo }: { outRefundNo: string }): Promise<WechatRefund> {
  const path = `/v3/refund/domestic/refunds/${encodeURIComponent(rules.outRefundNo(outRefundNo))}`
  const request = { method: 'GET' as const, path, number: outRefundNo }
  return callForRefund(wechat, request, (report) => report.outRefundNo === outRefundNo)
}

export interface AbnormalRefundInput {
  refundId: string
  outRefundNo: string
  /** `MERCHANT_BANK_CARD` sends the money back to the merchant, who then pays the guest another way. */
  type: 'USER_BANK_CARD' | 'MERCHANT_BANK_CARD'
  bankType?: string
  /** Encrypted for WeChat Pay, as are names: see its documentation on sensitive fields. */
  bankAccount?: string
  realName?: string
}

/**
 * Sends an ABNORMAL refund to another account. Safe to repeat.
 *
 * Source: WeChat Pay documentation, `/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`.
 *
 * @throws {WechatPayError} unless WeChat Pay signed an answer about this very refund.
 */
export async function applyAbnormalRefund(wechat: WechatPay, input: AbnormalRefundInput): Promise<WechatRefund> {
  const path = `/v3/refund/domestic/refunds/${rules.refundId(input.refundId)}/apply-abnormal-refund`
  const body = JSON.stringify({
    out_refund_no: rules.outRefundNo(input.outRefundNo),
    type: matching('type', input.type, /^(USER|MERCHANT)_BANK_CARD$/, 'must be USER_BANK_CARD or MERCHANT_BANK_CARD'),
    bank_type: input.bankType,
    bank_account: input.bankAccount,
    real_name: input.realName,
  })
  const request = { method: 'POST' as const, path, body, number: input.outRefundNo }
  return callForRefund(wechat, request, (report) => report.refundId === input.refundId)
}

async function callForRefund(
  wechat: WechatPay,
  request: { method: 'GET' | 'POST'; path: string; body?: string; number: string },
  matches: (report: WechatRefund) => boolean,
): Promise<WechatRefund> {
  const answer = await callPay(wechat, request)
  const report = readSigned(request, answer, parseRefund)
  if (!matches(report)) throw undocumented(request, answer, 'the answer is about another refund')
  return report
}
