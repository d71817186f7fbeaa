import { asText } from '../../infra/database.ts'
import { MAX_FEN } from '../../wechat/input-rules.ts'
import type { WechatRefund } from '../../wechat/transaction.ts'

/** What our columns take as the number of a refund; WeChat's own rule for it. */
const OUT_REFUND_NO = /^[0-9A-Za-z_|*@-]{1,64}$/

/** The same report with texts and secondary amounts that the database takes. What is compared keeps its differences. */
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

/** False for a refund that our tables can't hold: of nothing, of more than a payment can be, or without a number. */
export function isStorable({ outRefundNo, refundFen }: WechatRefund): boolean {
  return OUT_REFUND_NO.test(outRefundNo) && refundFen >= 1 && refundFen <= MAX_FEN
}
