import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { toBeijingTime } from '../beijing-time.ts'
import type { Fault } from '../control/faults.ts'
import {
  bytes,
  characters,
  fen,
  notifyUrl,
  outRefundNo,
  outTradeNo,
  parseJsonBody,
  parseParameters,
} from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import { couponShareFen, describeCouponRefund, settledFen, settledRefundFen } from '../pay/coupon.ts'
import type { Order, Refund } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { endUnder, openRefund, refundsOf, retryRefund } from './lifecycle.ts'

const YEAR_MS = 365 * 86_400_000
const REFUNDS_PER_ORDER = 50

/** https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_9.shtml */
const RefundRequest = z
  .strictObject({
    transaction_id: z
      .string()
      .regex(/^\d{28,32}$/)
      .optional(),
    out_trade_no: outTradeNo.optional(),
    out_refund_no: outRefundNo,
    reason: bytes(80).optional(),
    notify_url: notifyUrl(256).optional(),
    funds_account: z.enum(['AVAILABLE', 'UNSETTLED']).optional(),
    amount: z.strictObject({
      refund: fen,
      total: fen,
      currency: z.literal('CNY'),
      from: z.array(z.strictObject({ account: z.enum(['AVAILABLE', 'UNAVAILABLE']), amount: fen })).optional(),
    }),
    goods_detail: z
      .array(
        z.strictObject({
          merchant_goods_id: characters(32),
          wechatpay_goods_id: characters(32).optional(),
          goods_name: characters(256).optional(),
          unit_price: z.int().min(0),
          refund_amount: z.int().min(0),
          refund_quantity: z.int().min(1),
        }),
      )
      .optional(),
  })
  .refine((body) => (body.transaction_id === undefined) !== (body.out_trade_no === undefined), {
    message: 'transaction_id和out_trade_no必须且只能填写一个',
  })
type RefundRequest = z.infer<typeof RefundRequest>

/** `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`, as in wechatpay-java `RefundService`. */
const AbnormalRefund = z
  .strictObject({
    out_refund_no: outRefundNo,
    type: z.enum(['USER_BANK_CARD', 'MERCHANT_BANK_CARD']),
    bank_type: z.string().min(1).max(16).optional(),
    bank_account: z.string().min(1).max(1024).optional(),
    real_name: z.string().min(1).max(1024).optional(),
  })
  .refine((body) => body.type !== 'USER_BANK_CARD' || (body.bank_type && body.bank_account && body.real_name), {
    message: '退款到用户银行卡时bank_type、bank_account、real_name必填',
  })

function refund(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const wanted = parseParameters(RefundRequest, parseJsonBody(call.body), 'body')
  const known = world.ledger.refunds.get(wanted.out_refund_no)
  if (known) {
    if (!isDeepStrictEqual(known.firstRequest, wanted))
      throw new PayError('INVALID_REQUEST', '请求内容和上次请求不一致')
    return { status: 200, json: describeRefund(world, known) }
  }
  const order = findPaidOrder(world, wanted)
  checkLimits(world, order, wanted)
  const opened = openRefund(world, order, {
    outRefundNo: wanted.out_refund_no,
    refundFen: wanted.amount.refund,
    ...(wanted.notify_url === undefined ? {} : { notifyUrl: wanted.notify_url }),
    firstRequest: wanted,
    end: endUnder(fault),
  })
  return { status: 200, json: describeRefund(world, opened) }
}

function findPaidOrder(world: World, wanted: RefundRequest): Order & { payment: NonNullable<Order['payment']> } {
  const order =
    wanted.transaction_id === undefined
      ? world.ledger.orders.get(wanted.out_trade_no ?? '')
      : world.ledger.findByTransactionId(wanted.transaction_id)
  if (!order) throw new PayError('RESOURCE_NOT_EXISTS', '订单不存在')
  if (!order.payment) throw new PayError('INVALID_REQUEST', '订单未支付，不能退款')
  return { ...order, payment: order.payment }
}

function checkLimits(world: World, order: ReturnType<typeof findPaidOrder>, wanted: RefundRequest): void {
  const now = world.now()
  if (wanted.amount.total !== order.totalFen) {
    throw new PayError('INVALID_REQUEST', '订单金额与支付时不一致', { field: '/amount/total', location: 'body' })
  }
  if (now - order.payment.paidAt > YEAR_MS) throw new PayError('INVALID_REQUEST', '订单已超过可退款的最大期限（1年）')
  const earlier = refundsOf(world, order).filter((refund) => refund.status !== 'CLOSED')
  if (earlier.length >= REFUNDS_PER_ORDER) throw new PayError('INVALID_REQUEST', '部分退款次数超过50次')
  const asked = earlier.filter((refund) => refund.firstRequest !== undefined)
  if (asked.some((refund) => now - refund.createdAt < world.settings.refundIntervalMs)) {
    throw new PayError('FREQUENCY_LIMITED', '同一订单两次退款的间隔不得少于1分钟')
  }
}

function queryRefund(world: World, call: Call, [number]: string[]): Answer {
  parseParameters(z.strictObject({}), Object.fromEntries(call.query), 'query')
  const refund = world.ledger.refunds.get(parseParameters(outRefundNo, number, 'path'))
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS', '退款单不存在')
  return { status: 200, json: describeRefund(world, refund) }
}

function applyAbnormalRefund(world: World, call: Call, [refundId = '']: string[], fault: Fault | undefined): Answer {
  const wanted = parseParameters(AbnormalRefund, parseJsonBody(call.body), 'body')
  const refund = world.ledger.findRefundById(refundId)
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS', '退款单不存在')
  if (refund.outRefundNo !== wanted.out_refund_no) throw new PayError('INVALID_REQUEST', '商户退款单号与退款单不一致')
  return { status: 200, json: describeRefund(world, retryRefund(world, refund, endUnder(fault))) }
}

function describeRefund(world: World, refund: Refund): Record<string, unknown> {
  const payment = world.ledger.orders.get(refund.outTradeNo)?.payment
  if (!payment) throw new Error(`The order of refund ${refund.outRefundNo} is not paid`)
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: refund.transactionId,
    out_trade_no: refund.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    ...(refund.succeededAt === undefined ? {} : { success_time: toBeijingTime(refund.succeededAt) }),
    create_time: toBeijingTime(refund.createdAt),
    status: refund.status,
    funds_account: 'AVAILABLE',
    amount: {
      total: refund.totalFen,
      refund: refund.refundFen,
      from: [],
      payer_total: refund.payerTotalFen,
      payer_refund: refund.payerRefundFen,
      settlement_refund: settledRefundFen(payment, refund),
      settlement_total: settledFen(refund.totalFen, payment),
      discount_refund: couponShareFen(refund),
      currency: 'CNY',
      refund_fee: 0,
    },
    promotion_detail: describeCouponRefund(payment, refund),
  }
}

export const refundRoutes: Route[] = [
  { method: 'POST', path: /^\/v3\/refund\/domestic\/refunds$/, endpoint: 'refund', handle: refund },
  { method: 'GET', path: /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/, endpoint: 'query-refund', handle: queryRefund },
  {
    method: 'POST',
    path: /^\/v3\/refund\/domestic\/refunds\/([^/]+)\/apply-abnormal-refund$/,
    endpoint: 'apply-abnormal-refund',
    handle: applyAbnormalRefund,
  },
]
