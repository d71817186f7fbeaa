import { asText, MAX_COLUMN_FEN } from '../infra/database.ts'
import type { Refund as WechatRefund } from '../wechat/transaction.ts'

/** What our columns take as the number of a refund; WeChat's own rule for it. */
const OUT_REFUND_NO = /^[0-9A-Za-z_|*@-]{1,64}$/

/** The same refund with texts and side amounts that the database takes. What is judged stays different where it was. */
export function asStorable(told: WechatRefund): WechatRefund {
  const { userReceivedAccount, payerRefundFen, ...rest } = told
  return {
    ...rest,
    refundId: asText(told.refundId),
    outRefundNo: asText(told.outRefundNo),
    transactionId: asText(told.transactionId),
    outTradeNo: asText(told.outTradeNo),
    ...(userReceivedAccount === undefined ? {} : { userReceivedAccount: asText(userReceivedAccount) }),
    ...(payerRefundFen === undefined || payerRefundFen > MAX_COLUMN_FEN ? {} : { payerRefundFen }),
  }
}

/** False for a refund that can't be in our books at all: of nothing, of more than a payment can be, or without a number. */
export function isBookable({ outRefundNo, refundFen }: WechatRefund): boolean {
  return OUT_REFUND_NO.test(outRefundNo) && refundFen >= 1 && refundFen <= MAX_COLUMN_FEN
}
