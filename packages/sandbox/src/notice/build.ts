import { randomUUID } from 'node:crypto'
import { toBeijingTime } from '../beijing-time.ts'
import { describeTransaction } from '../pay/transaction.ts'
import type { Notice, Order, Refund } from '../store/ledger.ts'
import type { World } from '../world.ts'

type NoticeFields = Pick<Notice, 'eventType' | 'originalType' | 'summary' | 'subject' | 'url' | 'content'>

function newNotice(world: World, fields: NoticeFields): Notice {
  const now = world.now()
  return { noticeId: randomUUID(), ...fields, createdAt: now, attempts: 0, state: 'WAITING', nextAttemptAt: now }
}

/** The notice that an order was paid, to the URL that its prepay named. */
export function paymentNotice(world: World, order: Order): Notice {
  return newNotice(world, {
    eventType: 'TRANSACTION.SUCCESS',
    originalType: 'transaction',
    summary: '支付成功',
    subject: order.outTradeNo,
    url: order.notifyUrl,
    content: describeTransaction(world, order),
  })
}

const refundSummaries = { SUCCESS: '退款成功', ABNORMAL: '退款异常', CLOSED: '退款关闭' } as const

/** The notice that a refund has ended, to its own URL, else to the merchant platform's, else to its order's. */
export function refundNotice(world: World, refund: Refund, status: keyof typeof refundSummaries): Notice {
  const order = world.ledger.orders.get(refund.outTradeNo)
  return newNotice(world, {
    eventType: `REFUND.${status}`,
    originalType: 'refund',
    summary: refundSummaries[status],
    subject: refund.outRefundNo,
    url: refund.notifyUrl ?? world.notifyUrl ?? order?.notifyUrl ?? '',
    content: {
      mchid: world.credentials.mchid,
      transaction_id: refund.transactionId,
      out_trade_no: refund.outTradeNo,
      refund_id: refund.refundId,
      out_refund_no: refund.outRefundNo,
      refund_status: status,
      ...(refund.succeededAt === undefined ? {} : { success_time: toBeijingTime(refund.succeededAt) }),
      user_received_account: '支付用户零钱',
      amount: {
        total: refund.totalFen,
        refund: refund.refundFen,
        payer_total: refund.payerTotalFen,
        payer_refund: refund.payerRefundFen,
      },
    },
  })
}

/** The notice of an echo. It calls the encrypted message `encrypt_echo_message`, where the answer has `encrypted_…`. */
export function echoNotice(
  world: World,
  url: string,
  { echo_message, encrypted_echo_message }: { echo_message: string; encrypted_echo_message?: string },
): Notice {
  return newNotice(world, {
    eventType: 'SECURITY_ECHO.SUCCESS',
    originalType: 'security',
    summary: '回调通知成功',
    subject: echo_message,
    url,
    content: { echo_message, ...(encrypted_echo_message ? { encrypt_echo_message: encrypted_echo_message } : {}) },
  })
}

/** `action_type` of each event. */
const actions = {
  USER_CREATE_COMPLAINT: 'CREATE_COMPLAINT',
  USER_RESPONSE: 'USER_RESPONSE',
  MERCHANT_RESPONSE: 'MERCHANT_RESPONSE',
  MERCHANT_CONFIRM_COMPLETE: 'MERCHANT_CONFIRM_COMPLETE',
} as const

/** The notice of a new complaint, or of what happened to one. Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter10_2_16.shtml */
export function complaintNotice(
  world: World,
  { url, complaintId, type }: { url: string; complaintId: string; type: keyof typeof actions },
): Notice {
  const isNew = type === 'USER_CREATE_COMPLAINT'
  return newNotice(world, {
    eventType: isNew ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
    originalType: 'complaint',
    summary: isNew ? '产生新投诉' : '投诉状态变化',
    subject: complaintId,
    url,
    content: { complaint_id: complaintId, action_type: actions[type] },
  })
}
