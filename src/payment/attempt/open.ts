import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../../errors.ts'
import { databaseNow, type Tx } from '../../infra/database.ts'
import { createSn } from '../../infra/numbers.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { prepay, signPayParams } from '../../wechat/pay.ts'
import { buildPrepayBody } from '../../wechat/prepay-body.ts'
import { OrderAlreadyPaidError, OrderNotPayableError } from '../errors.ts'
import { orUnavailable } from '../or-unavailable.ts'
import { type LockedOrder, type Offer, payableOf } from '../payable.ts'
import { queryAndSettle } from '../settlement/query.ts'
import { closeAtWechat, closeOrphaned } from './close.ts'
import { findAttempts, hasMoney } from './find.ts'

/** A prepayId lives 2 h at WeChat; a younger one than this is signed again without a call. */
const PREPAY_ID_LIFE_MS = 110 * 60_000

/** An attempt that WeChat has closed is replaced once per call; a second closed one is no coincidence. */
const ROUNDS = 2

const TOO_LATE = 'The time to pay this order is over. Cancel it, or wait a minute; then make a new order.'

export interface WxPayInput {
  orderSn: string
  serviceType: string
  userId: string
}

export interface WxPayParams {
  /** Our `out_trade_no`. */
  paymentSn: string
  appId: string
  /** Unix seconds, as text. */
  timeStamp: string
  nonceStr: string
  package: string
  signType: string
  paySign: string
}

/**
 * Opens the order's one live payment attempt, or finds it, and signs what `wx.requestPayment` needs. Safe to call any
 * number of times, from any device, at once.
 *
 * @throws {NotFoundError} when the order doesn't exist or is somebody else's.
 * @throws {OrderNotPayableError} when it doesn't wait for payment, or its deadline is over.
 * @throws {OrderAlreadyPaidError} when the money was collected, also before it is applied to the order, or while it is
 *   under review.
 * @throws {WechatUnavailableError} when WeChat gives no usable answer, or refuses; `retryable` says whether the same
 *   call can succeed later.
 */
export async function wxPay(deps: Deps, input: WxPayInput): Promise<WxPayParams> {
  const payable = payableOf(deps, input.serviceType)
  for (let round = 0; round < ROUNDS; round++) {
    const attempt = await deps.db.$transaction(async (tx) => {
      const order = await payable.lock(tx, input.orderSn)
      if (!order || order.userId !== input.userId) throw new NotFoundError('order')
      return findOrMakeAttempt(deps, tx, input, order)
    })
    const prepayId = freshPrepayId(attempt) ?? (await prepayAttempt(deps, attempt))
    if (prepayId) {
      const params = await signPayParams(deps.wechat, { appid: attempt.appid, prepayId })
      deps.log.info({ orderSn: input.orderSn, outTradeNo: attempt.sn }, 'payment opened')
      return { paymentSn: attempt.sn, ...params }
    }
    await orUnavailable(deps, closeOrphaned(deps, attempt))
  }
  throw new WechatUnavailableError()
}

async function findOrMakeAttempt(deps: Deps, tx: Tx, input: WxPayInput, order: LockedOrder) {
  const { serviceType, orderSn } = input
  const { live, withMoney, underReview } = await findAttempts(tx, { serviceType, orderSn })
  const isTaken = withMoney && (withMoney === live || order.waitsForPayment)
  const paidSn = isTaken ? withMoney.sn : (order.paidBySn ?? (underReview ? withMoney?.sn : undefined))
  if (paidSn !== undefined) throw new OrderAlreadyPaidError(paidSn, { underReview })
  if (!order.offer) throw new OrderNotPayableError(order.tradeState, order.waitsForPayment ? TOO_LATE : undefined)
  return live ?? makeAttempt(deps, tx, input, order.offer)
}

async function makeAttempt(deps: Deps, tx: Tx, input: WxPayInput, offer: Offer): Promise<Payment> {
  const { mchid, appid, notifyUrl } = deps.config.wechat.pay
  const identity = await tx.wechatIdentity.findUnique({ where: { userId_appid: { userId: input.userId, appid } } })
  if (!identity) throw new NotFoundError('order')
  const sn = createSn('PA')
  const { openid } = identity
  const prepayBody = buildPrepayBody({
    appid,
    mchid,
    description: offer.description,
    outTradeNo: sn,
    timeExpire: offer.payBefore,
    notifyUrl,
    totalFen: offer.totalFen,
    openid,
  })
  const recheckAfterMs = (deps.config.payment.recheckSeconds[0] ?? 5) * 1000
  const madeAt = await databaseNow(tx)
  return tx.payment.create({
    data: {
      sn,
      mchid,
      appid,
      openid,
      notifyUrl,
      prepayBody,
      serviceType: input.serviceType,
      orderSn: input.orderSn,
      userId: input.userId,
      payTotal: offer.totalFen,
      nextRecheckAt: new Date(madeAt.getTime() + recheckAfterMs),
      events: { create: { version: 1, toStatus: 'PENDING', source: 'WX_PAY', detail: { orderSn: input.orderSn } } },
    },
  })
}

function freshPrepayId({ prepayId, prepayIdAt }: Payment): string | undefined {
  const fresh = prepayId && prepayIdAt && Date.now() - prepayIdAt.getTime() < PREPAY_ID_LIFE_MS
  return fresh ? prepayId : undefined
}

/**
 * Calls prepay with the attempt's stored body, and stores the `prepay_id` unless the attempt was closed or paid
 * meanwhile. Of taps at once, all get the one that is stored first.
 *
 * @returns null when the attempt is closed, at WeChat or here, while its order still waits: it needs another attempt.
 */
async function prepayAttempt(deps: Deps, attempt: Payment): Promise<string | null> {
  const prepayId = await callPrepay(deps, attempt)
  if (!prepayId) return null
  const stored = await deps.db.payment.updateMany({
    where: { sn: attempt.sn, status: 'PENDING', underReviewAt: null, prepayId: attempt.prepayId },
    data: { prepayId, prepayIdAt: new Date() },
  })
  if (stored.count === 1) return prepayId

  const current = await deps.db.payment.findUniqueOrThrow({ where: { sn: attempt.sn } })
  const earlier = current.status === 'PENDING' && !current.underReviewAt && freshPrepayId(current)
  if (earlier) return earlier
  if (hasMoney(current)) throw new OrderAlreadyPaidError(current.sn, { underReview: current.underReviewAt !== null })
  await closeReopened(deps, current)
  const order = await deps.db.$transaction((tx) => payableOf(deps, current.serviceType).lock(tx, current.orderSn))
  if (order?.paidBySn) throw new OrderAlreadyPaidError(order.paidBySn)
  if (order?.waitsForPayment) return null
  throw new OrderNotPayableError(order?.tradeState ?? 'CANCELLED')
}

/** Closes at WeChat a number that was closed here before WeChat knew it, and that our prepay has opened there since. */
async function closeReopened(deps: Deps, attempt: Payment): Promise<void> {
  try {
    await closeAtWechat(deps, attempt)
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    // No guest has its parameters, and the recheck of a closed payment closes what is open at WeChat.
    deps.log.warn({ err: error, outTradeNo: attempt.sn }, 'payment not closed at WeChat, its recheck will close it')
  }
}

async function callPrepay(deps: Deps, attempt: Payment): Promise<string | null> {
  try {
    return (await prepay(deps.wechat, attempt.prepayBody)).prepayId
  } catch (error) {
    if (error instanceof WechatPayError && error.action === 'query' && (await isClosedAtWechat(deps, attempt))) {
      return null
    }
    return orUnavailable(deps, Promise.reject(error))
  }
}

/**
 * Queries the number after WeChat refused its prepay because of the state that it is in.
 *
 * @throws {OrderAlreadyPaidError} when that state is "paid".
 */
async function isClosedAtWechat(deps: Deps, attempt: Payment): Promise<boolean> {
  const state = await orUnavailable(deps, queryAndSettle(deps, { attempt, source: 'QUERY' }))
  const underReview = state === 'UNDER_REVIEW'
  if (state === 'PAID' || underReview) throw new OrderAlreadyPaidError(attempt.sn, { underReview })
  return state === 'CLOSED'
}
