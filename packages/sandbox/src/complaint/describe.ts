import { toBeijingTime } from '../beijing-time.ts'
import { encryptSecret } from '../keys/echo.ts'
import { refundsOf } from '../refund/lifecycle.ts'
import type { Complaint, ComplaintEvent } from '../store/complaint.ts'
import type { World } from '../world.ts'

/**
 * A complaint as lists report it; `payer_phone` is encrypted for the merchant.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/list-complaints-v2.html
 */
export function describeListed(world: World, complaint: Complaint): Record<string, unknown> {
  const order = world.ledger.orders.get(complaint.outTradeNo)
  if (!order?.payment) throw new Error(`The order of complaint ${complaint.complaintId} is not paid`)
  const refunds = refundsOf(world, order).filter(({ status }) => status === 'SUCCESS')
  const refundedFen = refunds.reduce((total, { refundFen }) => total + refundFen, 0)
  return {
    complaint_id: complaint.complaintId,
    complaint_time: toBeijingTime(complaint.createdAt),
    complaint_detail: complaint.text,
    complaint_state: complaint.state,
    ...(complaint.phone === undefined ? {} : { payer_phone: encryptSecret(world, Buffer.from(complaint.phone)) }),
    complaint_order_info: [
      { transaction_id: order.payment.transactionId, out_trade_no: order.outTradeNo, amount: order.totalFen },
    ],
    complaint_full_refunded: refundedFen >= order.totalFen,
    incoming_user_response: complaint.awaitsReply,
    user_complaint_times: 1,
    complaint_media_list: [],
    problem_description: problems[complaint.problemType],
    problem_type: complaint.problemType,
    ...(complaint.wantedFen === undefined ? {} : { apply_refund_amount: complaint.wantedFen }),
    user_tag_list: [],
    service_order_info: [],
  }
}

const problems = { REFUND: '申请退款', SERVICE_NOT_WORK: '服务权益未生效', OTHERS: '其他问题' } as const

/**
 * The same as its own query reports it: with who complains.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/query-complaint-v2.html
 */
export function describeComplaint(world: World, complaint: Complaint): Record<string, unknown> {
  return {
    ...describeListed(world, complaint),
    complainted_mchid: world.credentials.mchid,
    payer_openid: world.ledger.orders.get(complaint.outTradeNo)?.openid,
  }
}

/** An entry of the history. Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter10_2_12.shtml */
export function describeEvent({ logId, operator, at, type, text }: ComplaintEvent): Record<string, unknown> {
  return {
    log_id: logId,
    operator,
    operate_time: toBeijingTime(at),
    operate_type: type,
    ...(text === '' ? {} : { operate_details: text }),
    image_list: [],
  }
}
