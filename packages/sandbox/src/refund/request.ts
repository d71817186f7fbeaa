import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Fault } from '../control/fault.ts'
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
import type { Answer, Call } from '../http/route.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { describeRefund } from './describe.ts'
import { endUnder, openRefund, refundsOf } from './lifecycle.ts'

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

/** `POST /v3/refund/domestic/refunds`: idempotent by out_refund_no. */
export function requestRefund(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(RefundRequest, parseJsonBody(call.body), 'body')
  const known = world.ledger.refunds.get(request.out_refund_no)
  if (known) {
    if (!isDeepStrictEqual(known.firstRequest, request))
      throw new PayError(
        'INVALID_REQUEST',
        '请求内容和上次请求不一致',
        undefined,
        `A refund request with a known out_refund_no repeats the first one’s parameters exactly`,
      )
    return { status: 200, json: describeRefund(world, known) }
  }
  const order = findPaidOrder(world, request)
  checkLimits(world, order, request)
  const opened = openRefund(world, order, {
    outRefundNo: request.out_refund_no,
    refundFen: request.amount.refund,
    ...(request.notify_url === undefined ? {} : { notifyUrl: request.notify_url }),
    firstRequest: request,
    end: endUnder(fault),
  })
  return { status: 200, json: describeRefund(world, opened) }
}

function findPaidOrder(world: World, request: RefundRequest): Order & { payment: NonNullable<Order['payment']> } {
  const order =
    request.transaction_id === undefined
      ? world.ledger.orders.get(request.out_trade_no ?? '')
      : world.ledger.findByTransactionId(request.transaction_id)
  if (!order) throw new PayError('RESOURCE_NOT_EXISTS', '订单不存在', undefined, 'No order has this number')
  if (!order.payment) throw new PayError('INVALID_REQUEST', '订单未支付，不能退款', undefined, 'The order isn’t paid')
  return { ...order, payment: order.payment }
}

function checkLimits(world: World, order: ReturnType<typeof findPaidOrder>, request: RefundRequest): void {
  const now = world.now()
  if (request.amount.total !== order.totalFen) {
    const field = { field: '/amount/total', location: 'body' }
    throw new PayError('INVALID_REQUEST', '订单金额与支付时不一致', field, `is the order’s total, ${order.totalFen}`)
  }
  if (now - order.payment.paidAt > YEAR_MS)
    throw new PayError(
      'INVALID_REQUEST',
      '订单已超过可退款的最大期限（1年）',
      undefined,
      'An order can be refunded for a year',
    )
  const earlier = refundsOf(world, order).filter((refund) => refund.status !== 'CLOSED')
  if (earlier.length >= REFUNDS_PER_ORDER)
    throw new PayError('INVALID_REQUEST', '部分退款次数超过50次', undefined, 'An order can be refunded 50 times')
  const requested = earlier.filter((refund) => refund.firstRequest !== undefined)
  if (requested.some((refund) => now - refund.createdAt < world.settings.refundIntervalMs)) {
    throw new PayError(
      'FREQUENCY_LIMITED',
      '同一订单两次退款的间隔不得少于1分钟',
      undefined,
      'A minute must pass between two refunds of one order (setting refundIntervalMs)',
    )
  }
}
