import { z } from 'zod'
import { isSignatureOf, paymentMessage } from '../crypto/signature.ts'
import { parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import { isCurrent } from '../keys/authenticate.ts'
import { payOrder } from '../pay/payment.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** How long a prepay_id can be paid with: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml. */
const PREPAY_ID_LIFE_MS = 2 * 3_600_000

// Further fields are ignored: a client may send everything that `wxPay` answered.
const PhonePayment = z.object({
  appId: z.string(),
  timeStamp: z.string(),
  nonceStr: z.string().min(1).max(32),
  package: z.string(),
  signType: z.literal('RSA'),
  paySign: z.string(),
  /** Paid by a coupon, in fen. */
  coupon: z.int().min(0).optional(),
  /** CASH: WeChat Pay pays the merchant the coupon's amount; NOCASH: nobody does. CASH by default. */
  couponType: z.enum(['CASH', 'NOCASH']).optional(),
})

/** The fields of `wx.requestPayment`, the appId, which the phone adds itself, and a coupon. */
export type PhonePayment = z.infer<typeof PhonePayment>

/**
 * Pays as the buyer's phone does after `wx.requestPayment` with these parameters.
 *
 * @throws {PayError} that says what is wrong with them, or why the order can't be paid.
 */
export function payByPhone(world: World, input: unknown): { transactionId: string } {
  const payment = parseParameters(PhonePayment, input, 'body')
  if (payment.appId !== world.credentials.appid) throw new PayError('PARAM_ERROR', 'appId is not this mini-program’s')
  if (!isSignatureOf(paymentMessage(payment), payment.paySign, world.keys.merchantPublicKey)) {
    throw new PayError(
      'SIGN_ERROR',
      'paySign does not verify: sign appId, timeStamp, nonceStr and package, each with LF',
    )
  }
  if (!isCurrent(world, payment.timeStamp)) {
    throw new PayError('PARAM_ERROR', 'timeStamp is not within 300 seconds of now: get fresh parameters')
  }
  return payOrder(world, findPayableOrder(world, payment.package), payment.coupon, payment.couponType)
}

function findPayableOrder(world: World, prepay: string): Order {
  const prepayId = /^prepay_id=(\w+)$/.exec(prepay)?.[1]
  if (prepayId === undefined) throw new PayError('PARAM_ERROR', 'package must be prepay_id=…')
  const order = world.ledger.findByPrepayId(prepayId)
  const issued = order?.prepayIds.find((known) => known.prepayId === prepayId)
  if (!order || !issued) throw new PayError('ORDER_NOT_EXIST', 'This prepay_id was never issued')
  if (order.payment) throw new PayError('ORDERPAID')
  if (order.state === 'CLOSED') throw new PayError('ORDER_CLOSED')
  if (order.expiresAt <= world.now()) throw new PayError('ORDER_CLOSED', 'time_expire has passed')
  if (issued.createdAt + PREPAY_ID_LIFE_MS <= world.now()) {
    throw new PayError('INVALID_REQUEST', 'This prepay_id is older than 2 hours: call prepay again')
  }
  return order
}
