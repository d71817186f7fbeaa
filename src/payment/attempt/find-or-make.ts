import type { Deps } from '../../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../../errors.ts'
import { createSn } from '../../infra/numbers.ts'
import { tracing } from '../../infra/tracing.ts'
import { signPrepay } from '../../wechat/pay.ts'
import { buildPrepayBody } from '../../wechat/prepay-body.ts'
import { OrderAlreadyPaidError, OrderNotPayableError } from '../errors.ts'
import { type Offer, payableOf } from '../payable.ts'
import { paymentTexts } from '../texts.ts'
import { type Attempt, type Look, lookAt } from './look.ts'
import { makeAttempt } from './make.ts'

/**
 * Finding the live attempt of an order, or making it, in two statements and without a transaction: the first looks, once
 * whoever has the order locked is done; the second makes the attempt only if, with the order locked, what the first saw
 * still holds. Otherwise it is looked at again.
 */

/** What was seen changes between looking and making when others tap, pay or cancel in that very moment. */
const LOOKS = 3

export interface WxPayInput {
  orderSn: string
  serviceType: string
  userId: string
}

/**
 * The order's live attempt, which may have a `prepayId`; a new one when it has none. Of calls at once, all get the same.
 *
 * @throws {NotFoundError} when the order doesn't exist or is somebody else's.
 * @throws {OrderNotPayableError} when it doesn't wait for payment, or its deadline is over.
 * @throws {OrderAlreadyPaidError} when the money was collected, or is under review.
 * @throws {WechatUnavailableError} when others change the order again and again.
 */
export async function findOrMakeAttempt(deps: Deps, input: WxPayInput): Promise<Attempt> {
  const { serviceType, orderSn } = input
  const payable = payableOf(deps, serviceType)
  const { appid } = deps.config.wechat.pay
  for (let looks = 0; looks < LOOKS; looks++) {
    const look = await lookAt(deps.db, payable, { serviceType, orderSn, appid })
    if (!look || look.order.userId !== input.userId) throw new NotFoundError(paymentTexts.order)
    const offer = judge(look)
    const attempt = look.attempts.live ?? (await makeFor(deps, input, offer, look.openid))
    if (attempt) return attempt
  }
  throw new WechatUnavailableError()
}

/** What the guest is to pay. @throws when the order can't be paid, or not any more. */
function judge({ order, attempts: { live, withMoney, underReview } }: Look): Offer {
  const isTaken = withMoney && (withMoney === live || order.waitsForPayment)
  const paidSn = isTaken ? withMoney.sn : (order.paidBySn ?? (underReview ? withMoney?.sn : undefined))
  if (paidSn !== undefined) throw new OrderAlreadyPaidError(paidSn, { underReview })
  if (!order.offer)
    throw new OrderNotPayableError(order.tradeState, order.waitsForPayment ? paymentTexts.tooLate : undefined)
  return order.offer
}

/**
 * The call of prepay is signed while the attempt is committed: one takes a core, the other waits for a disk.
 *
 * @returns null when the offer doesn't stand any more, or the order has an attempt meanwhile.
 */
async function makeFor(deps: Deps, input: WxPayInput, offer: Offer, openid: string | null): Promise<Attempt | null> {
  if (openid === null) throw new NotFoundError(paymentTexts.order)
  const { mchid, appid, notifyUrl } = deps.config.wechat.pay
  const { totalFen, payBefore, description } = offer
  const sn = createSn('PA')
  const order = { description, outTradeNo: sn, timeExpire: payBefore, totalFen }
  const prepayBody = buildPrepayBody({ appid, mchid, notifyUrl, openid, ...order })
  const recheckAfterSeconds = deps.config.payment.recheckSeconds[0] ?? 5
  const attempt = {
    ...input,
    sn,
    mchid,
    appid,
    openid,
    notifyUrl,
    prepayBody,
    totalFen,
    payBefore,
    recheckAfterSeconds,
    traceParent: tracing?.traceParent(),
  }
  const prepayHeaders = signPrepay(deps.wechat, prepayBody)
  const isMade = await makeAttempt(deps.db, payableOf(deps, input.serviceType), attempt)
  if (!isMade) return null
  deps.metrics.paymentTransitions.inc({ from: 'NONE', to: 'PENDING', source: 'WX_PAY' })
  return { sn, mchid, appid, prepayBody, prepayId: null, prepayIdAt: null, prepayHeaders }
}
