import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Fault } from '../control/faults.ts'
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
import type { Answer, Call, Route } from '../http/route.ts'
import { newPrepayId } from '../numbers.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { payOrder } from './payment.ts'
import { describeTransaction } from './transaction.ts'

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

function prepay(world: World, call: Call): Answer {
  const wanted = parseParameters(Prepay, parseJsonBody(call.body), 'body')
  requireMerchant(world, wanted.mchid)
  if (wanted.appid !== world.credentials.appid) throw new PayError('APPID_MCHID_NOT_MATCH')
  const now = world.now()
  const known = world.ledger.orders.get(wanted.out_trade_no)
  const order = known ? reenter(known, wanted, now) : newOrder(wanted, now)
  const prepayId = newPrepayId(now)
  world.ledger.commit(['orders', { ...order, prepayIds: [...order.prepayIds, { prepayId, createdAt: now }] }])
  return { status: 200, json: { prepay_id: prepayId } }
}

function reenter(known: Order, wanted: Prepay, now: number): Order {
  const same = isDeepStrictEqual(known.firstRequest, wanted)
  if (known.payment) throw new PayError(same ? 'ORDERPAID' : 'OUT_TRADE_NO_USED')
  if (known.state === 'CLOSED') throw new PayError(same ? 'ORDER_CLOSED' : 'OUT_TRADE_NO_USED')
  if (!same) throw new PayError('INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
  if (known.expiresAt <= now) throw new PayError('ORDER_CLOSED', '该订单已失效')
  return known
}

function newOrder(wanted: Prepay, now: number): Order {
  const asked = wanted.time_expire === undefined ? now + 7 * DAY_MS : Date.parse(wanted.time_expire)
  if (asked > now + 90 * DAY_MS) {
    throw new PayError('PARAM_ERROR', 'time_expire不能晚于下单后90天', { field: '/time_expire', location: 'body' })
  }
  return {
    outTradeNo: wanted.out_trade_no,
    openid: wanted.payer.openid,
    description: wanted.description,
    ...(wanted.attach === undefined ? {} : { attach: wanted.attach }),
    totalFen: wanted.amount.total,
    notifyUrl: wanted.notify_url,
    createdAt: now,
    // A deadline that is too near, or past, is moved; it isn't refused.
    expiresAt: Math.max(asked, now + MINUTE_MS),
    firstRequest: wanted,
    prepayIds: [],
    state: 'NOTPAY',
    outRefundNos: [],
    shipments: 0,
  }
}

function queryByOutTradeNo(world: World, call: Call, [number]: string[]): Answer {
  requireMerchant(world, readMchid(call))
  const order = findOrder(world, number)
  return { status: 200, json: describeTransaction(world, order) }
}

function queryByTransactionId(world: World, call: Call, [transactionId = '']: string[]): Answer {
  requireMerchant(world, readMchid(call))
  if (!/^\d{28,32}$/.test(transactionId)) throw new PayError('INVALID_TRANSACTIONID')
  const order = world.ledger.findByTransactionId(transactionId)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return { status: 200, json: describeTransaction(world, order) }
}

function close(world: World, call: Call, [number]: string[], fault: Fault | undefined): Answer {
  const { mchid } = parseParameters(z.strictObject({ mchid: merchantAccount }), parseJsonBody(call.body), 'body')
  requireMerchant(world, mchid)
  const order = findOrder(world, number)
  if (order.payment) throw new PayError('ORDERPAID')
  if (fault?.kind === 'paid-meanwhile') payOrder(world, order)
  else world.ledger.commit(['orders', { ...order, state: 'CLOSED' }])
  return { status: 204 }
}

function readMchid(call: Call): string {
  return parseParameters(z.strictObject({ mchid: merchantAccount }), Object.fromEntries(call.query), 'query').mchid
}

function requireMerchant(world: World, mchid: string): void {
  if (mchid !== world.credentials.mchid) throw new PayError('MCH_NOT_EXISTS', '商户号与签名身份不一致')
}

function findOrder(world: World, number: string | undefined): Order {
  const order = world.ledger.orders.get(parseParameters(outTradeNo, number, 'path'))
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return order
}

export const payRoutes: Route[] = [
  { method: 'POST', path: /^\/v3\/pay\/transactions\/jsapi$/, endpoint: 'prepay', handle: prepay },
  {
    method: 'GET',
    path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/,
    endpoint: 'query',
    handle: queryByOutTradeNo,
  },
  { method: 'GET', path: /^\/v3\/pay\/transactions\/id\/([^/]+)$/, endpoint: 'query', handle: queryByTransactionId },
  { method: 'POST', path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, endpoint: 'close', handle: close },
]
