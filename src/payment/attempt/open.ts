import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { WechatUnavailableError } from '../../errors.ts'
import type { Step } from '../../infra/tracing/spans.ts'
import { tracing } from '../../infra/tracing.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { prepay, signPayParams } from '../../wechat/pay.ts'
import { OrderAlreadyPaidError, OrderNotPayableError } from '../errors.ts'
import { orUnavailable } from '../or-unavailable.ts'
import { payableOf } from '../payable.ts'
import { queryAndSettle } from '../settlement/query.ts'
import { closeAttempt, closeAtWechat } from './close.ts'
import { hasMoney } from './find.ts'
import { findOrMakeAttempt, type WxPayInput } from './find-or-make.ts'
import type { Attempt } from './look.ts'
import { storePrepayId } from './store-prepay-id.ts'

/** A prepayId lives 2 h at WeChat; a younger one than this is signed again without a call. */
const PREPAY_ID_LIFE_MS = 110 * 60_000

/** An attempt that WeChat has closed is replaced once per call; a second closed one is no coincidence. */
const ROUNDS = 2

/** The span of the call, with its repeats. */
function prepayOf({ wechat }: Deps): Step {
  return {
    name: 'POST /v3/pay/transactions/jsapi',
    kind: 'CLIENT',
    attributes: {
      'http.request.method': 'POST',
      'server.address': wechat.apiUrl.hostname,
      'url.template': '/v3/pay/transactions/jsapi',
    },
  }
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
  for (let round = 0; round < ROUNDS; round++) {
    const attempt = await findOrMakeAttempt(deps, input)
    tracing?.notePayment(attempt.sn)
    const prepayId = freshPrepayId(attempt) ?? (await prepayAttempt(deps, attempt))
    if (prepayId) {
      const params = await signPayParams(deps.wechat, { appid: attempt.appid, prepayId })
      deps.log.info({ orderSn: input.orderSn, outTradeNo: attempt.sn }, 'payment opened')
      return { paymentSn: attempt.sn, ...params }
    }
    await orUnavailable(deps, closeReplaced(deps, attempt.sn))
  }
  throw new WechatUnavailableError()
}

/** Closes an attempt whose number WeChat has closed, so that the order can get another one. */
async function closeReplaced(deps: Deps, sn: string): Promise<void> {
  await closeAttempt(deps, await deps.db.payment.findUniqueOrThrow({ where: { sn } }))
}

function freshPrepayId({ prepayId, prepayIdAt }: Pick<Payment, 'prepayId' | 'prepayIdAt'>): string | undefined {
  const fresh = prepayId && prepayIdAt && Date.now() - prepayIdAt.getTime() < PREPAY_ID_LIFE_MS
  return fresh ? prepayId : undefined
}

/**
 * Calls prepay with the attempt's stored body, and stores the `prepay_id` unless the attempt was closed or paid
 * meanwhile. Of taps at once, all get the one that is stored first.
 *
 * @returns null when the attempt is closed, at WeChat or here, while its order still waits: it needs another attempt.
 */
async function prepayAttempt(deps: Deps, attempt: Attempt): Promise<string | null> {
  const prepayId = await callPrepay(deps, attempt)
  if (!prepayId) return null
  const stored = { sn: attempt.sn, prepayId, prepayIdAt: new Date(), before: attempt.prepayId }
  if (await storePrepayId(deps.db, stored)) return prepayId

  const current = await deps.db.payment.findUniqueOrThrow({ where: { sn: attempt.sn } })
  const earlier = current.status === 'PENDING' && !current.underReviewAt && freshPrepayId(current)
  if (earlier) return earlier
  if (hasMoney(current)) throw new OrderAlreadyPaidError(current.sn, { underReview: current.underReviewAt !== null })
  await closeReopened(deps, current)
  const order = await payableOf(deps, current.serviceType).lock(deps.db, current.orderSn)
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

async function callPrepay(deps: Deps, attempt: Attempt): Promise<string | null> {
  try {
    const call = () => prepay(deps.wechat, attempt.prepayBody, attempt.prepayHeaders)
    return (await (tracing ? tracing.within(prepayOf(deps), call, attempt.sn) : call())).prepayId
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
async function isClosedAtWechat(deps: Deps, attempt: Attempt): Promise<boolean> {
  const state = await orUnavailable(deps, queryAndSettle(deps, { attempt, source: 'QUERY' }))
  const underReview = state === 'UNDER_REVIEW'
  if (state === 'PAID' || underReview) throw new OrderAlreadyPaidError(attempt.sn, { underReview })
  return state === 'CLOSED'
}
