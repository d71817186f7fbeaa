import { isDeepStrictEqual } from 'node:util'
import type { Fault } from '../control/fault.ts'
import { parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import { newPrepayId, randomAlphanumeric, randomDigits } from '../numbers.ts'
import type { Order, TradeType } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { H5Prepay, JsapiPrepay, type Prepay, PrepayWithoutPayer } from './prepay-fields.ts'
import { requireMerchant } from './query.ts'
import { tradeTypeOf } from './trade-type.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** `POST /v3/pay/transactions/jsapi`: a new order, or a fresh prepay_id for one that is unpaid. */
export function prepayJsapi(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(JsapiPrepay, parseJsonBody(call.body), 'body')
  return answerWith({ prepay_id: prepay(world, request, { tradeType: 'JSAPI', fault }) })
}

/** `POST /v3/pay/transactions/native`: the same, paid by whoever scans the code. */
export function prepayNative(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(PrepayWithoutPayer, parseJsonBody(call.body), 'body')
  return answerWith({
    code_url: `weixin://wxpay/bizpayurl?pr=${prepay(world, request, { tradeType: 'NATIVE', fault })}`,
  })
}

/** `POST /v3/pay/transactions/h5`: the same, paid by whoever opens the page. */
export function prepayH5(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(H5Prepay, parseJsonBody(call.body), 'body')
  const query = new URLSearchParams({
    prepay_id: prepay(world, request, { tradeType: 'MWEB', fault }),
    package: randomDigits(10),
  })
  return answerWith({ h5_url: `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?${query.toString()}` })
}

/** `POST /v3/pay/transactions/app`: the same, paid by whoever uses the app. */
export function prepayApp(world: World, call: Call, _parts: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(PrepayWithoutPayer, parseJsonBody(call.body), 'body')
  return answerWith({ prepay_id: prepay(world, request, { tradeType: 'APP', fault }) })
}

function answerWith(json: Record<string, string>): Answer {
  return { status: 200, json }
}

/** What the order can be paid with from now on: a prepay_id, or the end of a code_url. */
function prepay(
  world: World,
  request: Prepay,
  { tradeType, fault }: { tradeType: TradeType; fault: Fault | undefined },
): string {
  requireMerchant(world, request.mchid)
  if (request.appid !== world.credentials.appid) {
    const rule = `appid is ${world.credentials.appid} here, which is bound to the merchant`
    throw new PayError('APPID_MCHID_NOT_MATCH', undefined, undefined, rule)
  }
  const now = world.now()
  if (fault?.kind === 'closed-number') closeNumber(world, request, { tradeType, now })
  const known = world.ledger.orders.get(request.out_trade_no)
  const order = known ? reenter(known, request, { tradeType, now }) : newOrder(request, { tradeType, now })
  const prepayId = tradeType === 'NATIVE' ? randomAlphanumeric(9) : newPrepayId(now)
  world.ledger.commit(['orders', { ...order, prepayIds: [...order.prepayIds, { prepayId, createdAt: now }] }])
  return prepayId
}

/** As if another process of the merchant's had prepaid this, and closed it; an order that is paid stays so. */
function closeNumber(world: World, request: Prepay, how: { tradeType: TradeType; now: number }): void {
  const order = world.ledger.orders.get(request.out_trade_no) ?? newOrder(request, how)
  if (!order.payment) world.ledger.commit(['orders', { ...order, state: 'CLOSED' }])
}

function reenter(known: Order, request: Prepay, { tradeType, now }: { tradeType: TradeType; now: number }): Order {
  const changed = changedFields(known.firstRequest, request)
  const same = changed.length === 0 && tradeTypeOf(known) === tradeType
  if (known.payment) throw new PayError(same ? 'ORDERPAID' : 'OUT_TRADE_NO_USED')
  if (known.state === 'CLOSED') throw new PayError(same ? 'ORDER_CLOSED' : 'OUT_TRADE_NO_USED')
  if (!same) {
    const rule = `A prepay of a known out_trade_no repeats the first one exactly; this one changes ${changed.join(', ') || 'the way to pay'}`
    throw new PayError('INVALID_REQUEST', '请求重入时，参数与首次请求时不一致', undefined, rule)
  }
  if (known.expiresAt <= now) throw new PayError('ORDER_CLOSED', '该订单已失效', undefined, 'time_expire has passed')
  return known
}

function changedFields(first: unknown, request: Prepay): string[] {
  const before = new Map(Object.entries(first as object))
  const after = new Map<string, unknown>(Object.entries(request))
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !isDeepStrictEqual(before.get(name), after.get(name)),
  )
}

function newOrder(request: Prepay, { tradeType, now }: { tradeType: TradeType; now: number }): Order {
  const expiresAt = request.time_expire === undefined ? now + 7 * DAY_MS : Date.parse(request.time_expire)
  if (expiresAt > now + 90 * DAY_MS) {
    const field = { field: '/time_expire', location: 'body' }
    throw new PayError('PARAM_ERROR', 'time_expire不能晚于下单后90天', field, 'is at most 90 days ahead')
  }
  return {
    outTradeNo: request.out_trade_no,
    tradeType,
    ...('payer' in request ? { openid: request.payer.openid } : {}),
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
