import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import {
  bytes,
  characters,
  fen,
  instant,
  merchantAccount,
  notifyUrl,
  openid,
  outTradeNo,
  parseJsonBody,
  parseParameters,
} from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import { newPrepayId } from '../numbers.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { requireMerchant } from './query.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml */
const Prepay = z.strictObject({
  appid: bytes(32),
  mchid: merchantAccount,
  description: characters(127),
  out_trade_no: outTradeNo,
  time_expire: instant.optional(),
  attach: characters(128).optional(),
  notify_url: notifyUrl(255),
  goods_tag: characters(32).optional(),
  support_fapiao: z.boolean().optional(),
  amount: z.strictObject({ total: fen, currency: z.literal('CNY').optional() }),
  payer: z.strictObject({ openid }),
  detail: z
    .strictObject({
      cost_price: z.int().min(0).optional(),
      invoice_id: characters(32).optional(),
      goods_detail: z
        .array(
          z.strictObject({
            merchant_goods_id: characters(32),
            wechatpay_goods_id: characters(32).optional(),
            goods_name: characters(256).optional(),
            quantity: z.int().min(1),
            unit_price: z.int().min(0),
          }),
        )
        .min(1)
        .optional(),
    })
    .optional(),
  scene_info: z
    .strictObject({
      payer_client_ip: bytes(45),
      device_id: characters(32).optional(),
      store_info: z
        .strictObject({
          id: characters(32),
          name: characters(256).optional(),
          area_code: characters(32).optional(),
          address: characters(512).optional(),
        })
        .optional(),
    })
    .optional(),
  settle_info: z.strictObject({ profit_sharing: z.boolean().optional() }).optional(),
  limit_pay: z.array(z.enum(['no_credit', 'no_debit'])).optional(),
})
type Prepay = z.infer<typeof Prepay>

/** `POST /v3/pay/transactions/jsapi`: a new order, or a fresh prepay_id for one that is unpaid. */
export function prepay(world: World, call: Call): Answer {
  const request = parseParameters(Prepay, parseJsonBody(call.body), 'body')
  requireMerchant(world, request.mchid)
  if (request.appid !== world.credentials.appid) throw new PayError('APPID_MCHID_NOT_MATCH')
  const now = world.now()
  const known = world.ledger.orders.get(request.out_trade_no)
  const order = known ? reenter(known, request, now) : newOrder(request, now)
  const prepayId = newPrepayId(now)
  world.ledger.commit(['orders', { ...order, prepayIds: [...order.prepayIds, { prepayId, createdAt: now }] }])
  return { status: 200, json: { prepay_id: prepayId } }
}

function reenter(known: Order, request: Prepay, now: number): Order {
  const same = isDeepStrictEqual(known.firstRequest, request)
  if (known.payment) throw new PayError(same ? 'ORDERPAID' : 'OUT_TRADE_NO_USED')
  if (known.state === 'CLOSED') throw new PayError(same ? 'ORDER_CLOSED' : 'OUT_TRADE_NO_USED')
  if (!same) throw new PayError('INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
  if (known.expiresAt <= now) throw new PayError('ORDER_CLOSED', '该订单已失效')
  return known
}

function newOrder(request: Prepay, now: number): Order {
  const expiresAt = request.time_expire === undefined ? now + 7 * DAY_MS : Date.parse(request.time_expire)
  if (expiresAt > now + 90 * DAY_MS) {
    throw new PayError('PARAM_ERROR', 'time_expire不能晚于下单后90天', { field: '/time_expire', location: 'body' })
  }
  return {
    outTradeNo: request.out_trade_no,
    openid: request.payer.openid,
    description: request.description,
    ...(request.attach === undefined ? {} : { attach: request.attach }),
    totalFen: request.amount.total,
    notifyUrl: request.notify_url,
    createdAt: now,
    // A deadline that is less than a minute ahead, or past, is moved and not refused.
    expiresAt: Math.max(expiresAt, now + MINUTE_MS),
    firstRequest: request,
    prepayIds: [],
    state: 'NOTPAY',
    outRefundNos: [],
    shipments: 0,
  }
}
