import { z } from 'zod'
import { appPaymentMessage, isSignatureOf, paymentMessage } from '../crypto/signature.ts'
import { openid, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import { isCurrent } from '../keys/authenticate.ts'
import { type Paying, payOrder } from '../pay/payment.ts'
import { tradeTypeOf } from '../pay/trade-type.ts'
import type { Order, TradeType } from '../store/ledger.ts'
import type { World } from '../world.ts'

const MINUTE_MS = 60_000

const twoHours = { minutes: 120, said: '2 hours' }
/** How long a prepay can be paid with: the documents that `prepay-fields.ts` names. */
const lives: Record<TradeType, { minutes: number; said: string }> = {
  JSAPI: twoHours,
  NATIVE: twoHours,
  APP: twoHours,
  MWEB: { minutes: 5, said: '5 minutes' },
}

const coupon = {
  /** Paid by a coupon, in fen. */
  coupon: z.int().min(0).optional(),
  /** CASH: WeChat Pay pays the merchant the coupon's amount; NOCASH: nobody does. CASH by default. */
  couponType: z.enum(['CASH', 'NOCASH']).optional(),
}
/** And who pays, where the prepay didn't say it. */
const payer = { ...coupon, openid: openid.optional() }

// Further fields are ignored: a client may send everything that it was answered.
const JsapiPayment = z.object({
  appId: z.string(),
  timeStamp: z.string(),
  nonceStr: z.string().min(1).max(32),
  package: z.string(),
  signType: z.literal('RSA'),
  paySign: z.string(),
  ...coupon,
})
/** Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter5_1_6.shtml */
const AppPayment = z.object({
  appid: z.string(),
  partnerid: z.string(),
  prepayid: z.string(),
  package: z.literal('Sign=WXPay'),
  noncestr: z.string().min(1).max(32),
  timestamp: z.string(),
  sign: z.string(),
  ...payer,
})
const NativePayment = z.object({ code_url: z.string(), ...payer })
const H5Payment = z.object({ h5_url: z.string(), ...payer })
const PaymentByNumber = z.object({
  outTradeNo: z.string(),
  ...payer,
  /** Parameters that don't verify aren't taken for this. */
  paySign: z.never().optional(),
  sign: z.never().optional(),
})

export const AnyPayment = z.union([JsapiPayment, AppPayment, NativePayment, H5Payment, PaymentByNumber])

/**
 * The fields of `wx.requestPayment`, and the appId, which the phone adds itself; those of an app's call; a code_url that is
 * scanned; an h5_url that is opened; or the number alone, whichever way the order is paid.
 */
export type PhonePayment = z.infer<typeof AnyPayment>

/**
 * Pays as the buyer's phone does.
 *
 * @throws {PayError} that says what is wrong with the parameters, or why the order can't be paid.
 */
export function payByPhone(world: World, input: unknown): { transactionId: string } {
  const payment = parseParameters(AnyPayment, input, 'body')
  const paying: Paying = {
    couponFen: payment.coupon,
    couponType: payment.couponType,
    ...('openid' in payment ? { openid: payment.openid } : {}),
  }
  return payOrder(world, findOrder(world, payment), paying)
}

function findOrder(world: World, payment: PhonePayment): Order {
  if ('appId' in payment) return jsapiOrder(world, payment)
  if ('prepayid' in payment) return appOrder(world, payment)
  if ('code_url' in payment) {
    const end = /^weixin:\/\/wxpay\/bizpayurl\?pr=(\w+)$/.exec(payment.code_url)?.[1]
    return payableOrder(world, 'NATIVE', end ?? '')
  }
  // A page may have added its redirect_url.
  if ('h5_url' in payment) return payableOrder(world, 'MWEB', /[?&]prepay_id=(\w+)/.exec(payment.h5_url)?.[1] ?? '')
  const order = world.ledger.orders.get(payment.outTradeNo)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return requireOpen(world, order)
}

function jsapiOrder(world: World, payment: z.infer<typeof JsapiPayment>): Order {
  requireSigned(world, { appid: payment.appId, timestamp: payment.timeStamp }, () => {
    const isRight = isSignatureOf(paymentMessage(payment), payment.paySign, world.keys.merchantPublicKey)
    return isRight ? undefined : 'paySign does not verify: sign appId, timeStamp, nonceStr and package, each with LF'
  })
  const prepayId = /^prepay_id=(\w+)$/.exec(payment.package)?.[1]
  if (prepayId === undefined) throw new PayError('PARAM_ERROR', 'package must be prepay_id=…')
  return payableOrder(world, 'JSAPI', prepayId)
}

function appOrder(world: World, payment: z.infer<typeof AppPayment>): Order {
  if (payment.partnerid !== world.credentials.mchid)
    throw new PayError('PARAM_ERROR', 'partnerid is not this merchant’s')
  requireSigned(world, payment, () => {
    const isRight = isSignatureOf(appPaymentMessage(payment), payment.sign, world.keys.merchantPublicKey)
    return isRight
      ? undefined
      : 'sign does not verify: sign appid, timestamp, noncestr and the bare prepayid, each with LF'
  })
  return payableOrder(world, 'APP', payment.prepayid)
}

function requireSigned(
  world: World,
  { appid, timestamp }: { appid: string; timestamp: string },
  findMistake: () => string | undefined,
): void {
  if (appid !== world.credentials.appid) throw new PayError('PARAM_ERROR', 'appId is not this mini-program’s')
  const mistake = findMistake()
  if (mistake !== undefined) throw new PayError('SIGN_ERROR', mistake)
  if (!isCurrent(world, timestamp)) {
    throw new PayError('PARAM_ERROR', 'timeStamp is not within 300 seconds of now: get fresh parameters')
  }
}

function payableOrder(world: World, tradeType: TradeType, prepayId: string): Order {
  const found = world.ledger.findByPrepayId(prepayId)
  const issued = found?.prepayIds.find((known) => known.prepayId === prepayId)
  if (!found || !issued) throw new PayError('ORDER_NOT_EXIST', 'This prepay_id was never issued')
  if (tradeTypeOf(found) !== tradeType) {
    throw new PayError('PARAM_ERROR', `This prepay is one of ${tradeTypeOf(found)}, and not of ${tradeType}`)
  }
  const order = requireOpen(world, found)
  const { minutes, said } = lives[tradeType]
  if (issued.createdAt + minutes * MINUTE_MS <= world.now()) {
    throw new PayError('INVALID_REQUEST', `This prepay is older than ${said}: prepay again`)
  }
  return order
}

function requireOpen(world: World, order: Order): Order {
  if (order.payment) throw new PayError('ORDERPAID')
  if (order.state === 'CLOSED') throw new PayError('ORDER_CLOSED')
  if (order.expiresAt <= world.now()) throw new PayError('ORDER_CLOSED', 'time_expire has passed')
  return order
}
