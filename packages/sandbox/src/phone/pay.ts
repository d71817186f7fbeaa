import { z } from 'zod'
import { payMessage, verifyMessage } from '../../../../src/wechat/signature.ts'
import { parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Route } from '../http/route.ts'
import { isCurrent } from '../keys/authenticate.ts'
import { payOrder } from '../pay/payment.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** How long a prepay_id can be paid with: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml. */
const PREPAY_ID_LIFE_MS = 2 * 3_600_000

// Other fields are let by: a client may send all that `wxPay` answered.
const PhonePayment = z.object({
  appId: z.string(),
  timeStamp: z.string(),
  nonceStr: z.string().min(1).max(32),
  package: z.string(),
  signType: z.literal('RSA'),
  paySign: z.string(),
  /** Fen that a coupon pays. */
  coupon: z.int().min(0).optional(),
  /** CASH, for which WeChat Pay pays the merchant, or NOCASH, for which nobody does; CASH by default. */
  couponType: z.enum(['CASH', 'NOCASH']).optional(),
})

/** The fields of `wx.requestPayment`, the appId that the phone adds by itself, and what a coupon pays, in fen. */
export type PhonePayment = z.infer<typeof PhonePayment>

/**
 * Pays as a buyer's phone does when it is handed these parameters.
 *
 * @throws {PayError} that says what is wrong with them, or why the order can't be paid.
 */
export function payByPhone(world: World, input: unknown): { transactionId: string } {
  const payment = parseParameters(PhonePayment, input, 'body')
  if (payment.appId !== world.credentials.appid) throw new PayError('PARAM_ERROR', 'appId is not this mini-program’s')
  if (!verifyMessage(world.keys.merchantPublicKey, payMessage(payment), payment.paySign)) {
    throw new PayError(
      'SIGN_ERROR',
      'paySign does not verify: sign appId, timeStamp, nonceStr and package, each with LF',
    )
  }
  if (!isCurrent(world, payment.timeStamp)) {
    throw new PayError('PARAM_ERROR', 'timeStamp is not within 300 seconds of now: ask for fresh parameters')
  }
  return payOrder(world, findPayableOrder(world, payment.package), payment.coupon, payment.couponType)
}

function findPayableOrder(world: World, prepay: string): Order {
  const prepayId = /^prepay_id=(\w+)$/.exec(prepay)?.[1]
  if (prepayId === undefined) throw new PayError('PARAM_ERROR', 'package must be prepay_id=…')
  const order = world.ledger.findByPrepayId(prepayId)
  const made = order?.prepayIds.find((known) => known.prepayId === prepayId)
  if (!order || !made) throw new PayError('ORDER_NOT_EXIST', 'This prepay_id was never given out')
  if (order.payment) throw new PayError('ORDERPAID')
  if (order.state === 'CLOSED') throw new PayError('ORDER_CLOSED')
  if (order.expiresAt <= world.now()) throw new PayError('ORDER_CLOSED', 'time_expire has passed')
  if (made.createdAt + PREPAY_ID_LIFE_MS <= world.now()) {
    throw new PayError('INVALID_REQUEST', 'This prepay_id is older than 2 hours: call prepay again')
  }
  return order
}

export const phoneRoutes: Route[] = [
  {
    method: 'POST',
    path: /^\/sandbox\/pay$/,
    handle: (world, call) => ({ status: 200, json: payByPhone(world, parseJsonBody(call.body)) }),
  },
  {
    method: 'GET',
    path: /^\/sandbox\/messages$/,
    handle: (world, call) => ({ status: 200, json: receivedMessages(world, call.query.get('openid') ?? undefined) }),
  },
]

export interface ReceivedMessage {
  openid: string
  templateId: string
  page?: string
  data: Record<string, { value: string }>
  /** RFC 3339, UTC. */
  time: string
}

/** The subscribe messages that arrived, oldest first; those of one user, or of everybody. */
export function receivedMessages(world: World, openid?: string): ReceivedMessage[] {
  return [...world.ledger.messages.values()]
    .filter((message) => openid === undefined || message.openid === openid)
    .map(({ openid, templateId, page, data, sentAt }) => ({
      openid,
      templateId,
      ...(page === undefined ? {} : { page }),
      data,
      time: new Date(sentAt).toISOString(),
    }))
}
