import { asText } from '../../infra/database.ts'
import { MAX_FEN } from '../../wechat/input-rules.ts'
import type { WechatRefund } from '../../wechat/transaction.ts'

/** WeChat's own rule for `out_refund_no`, and that of our column. */
const OUT_REFUND_NO = /^[0-9A-Za-z_|*@-]{1,64}$/

/**
 * The report with texts and secondary amounts that the database accepts. Amounts that are compared with our books stay
 * as they are, and texts that differ still differ afterwards.
 */
export function normalizeRefund(report: WechatRefund): WechatRefund {
  const { userReceivedAccount, payerRefundFen, ...rest } = report
  return {
    ...rest,
    refundId: asText(report.refundId),
    outRefundNo: asText(report.outRefundNo),
    transactionId: asText(report.transactionId),
    outTradeNo: asText(report.outTradeNo),
    ...(userReceivedAccount === undefined ? {} : { userReceivedAccount: asText(userReceivedAccount) }),
    ...(payerRefundFen === undefined || payerRefundFen > MAX_FEN ? {} : { payerRefundFen }),
  }
}

/** False for a refund that our tables can't hold: its number is malformed, or its amount is 0 or too large. */
export function isStorable({ outRefundNo, refundFen }: WechatRefund): boolean {
  return OUT_REFUND_NO.test(outRefundNo) && refundFen >= 1 && refundFen <= MAX_FEN
}
