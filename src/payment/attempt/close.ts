import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { databaseNow } from '../../infra/database.ts'
import { closeByOutTradeNo } from '../../wechat/pay.ts'
import { type Change, changePayment } from '../change-payment.ts'
import { type OrderKey, payableOf } from '../payable.ts'
import { lockPayment, recordChange } from '../record.ts'
import { isWechatCode, queryAndSettle } from '../settlement/query.ts'
import { cancelAtOnce, FIRST_RECHECK_SECONDS } from './cancel-at-once.ts'
import { findAttempts } from './find.ts'

/**
 * For so long after its creation an attempt without `prepayId` may have a prepay under way: three calls of 10 s with
 * their pauses, and some reserve. Only after that does "no such order" prove that WeChat will never know the number.
 */
const LONGEST_PREPAY_SECONDS = 60

/** Money can be late: a closed payment is rechecked 1 min, 10 min, 2 h and 26 h after its close. */
export const RECHECKS_AFTER_CLOSE_SECONDS = [FIRST_RECHECK_SECONDS, 600, 7_200, 93_600]

/** How many times a cancellation tries: an attempt may appear or change meanwhile. */
const ROUNDS = 3

/**
 * - CANCELLED: order and attempt are closed, here and at WeChat.
 * - NOT_WAITING: the order doesn't wait for payment.
 * - PAID: the guest paid first; the money is settled, and the caller must apply it to the order.
 * - UNDER_REVIEW: money came that is a mismatch; an operator decides.
 * - LATER: it isn't certain yet whether the attempt can still be paid; nothing is changed.
 */
export type Cancellation = 'CANCELLED' | 'NOT_WAITING' | 'PAID' | 'UNDER_REVIEW' | 'LATER'

/**
 * Cancels an order that waits for payment, after closing its attempt at WeChat. Safe against every interleaving with a
 * tap, a prepay under way, a notice, or another close: the attempt is compared again once order and payment are locked,
 * and WeChat's answer counts only if it is still the same one, unchanged.
 *
 * @throws {WechatPayError} when WeChat gives no usable answer; nothing is changed.
 */
export async function cancelUnpaid(deps: Deps, order: OrderKey): Promise<Cancellation> {
  for (let round = 0; round < ROUNDS; round++) {
    const attempt = (await findAttempts(deps.db, order)).live
    const atWechat = attempt ? await closeAndQuery(deps, attempt) : 'CLOSED'
    if (atWechat !== 'CLOSED') return atWechat
    if (await cancelAtOnce(deps, order, attempt)) return 'CANCELLED'
    const cancellation = await changePayment(deps, (change) => cancelLocked(deps, change, { order, attempt }))
    if (cancellation) return cancellation
  }
  return 'LATER'
}

/**
 * Closes an attempt: one that is orphaned (its order no longer waits for it), or whose number WeChat has closed. The order
 * is left as it is, and may get another attempt.
 *
 * @throws {WechatPayError} when WeChat gives no usable answer; nothing is changed.
 */
export async function closeAttempt(deps: Deps, attempt: Payment): Promise<void> {
  if ((await closeAndQuery(deps, attempt)) !== 'CLOSED') return
  await changePayment(deps, async (change) => {
    await payableOf(deps, attempt.serviceType).lock(change.tx, attempt.orderSn)
    const payment = await lockPayment(change.tx, attempt.sn)
    if (payment && isUnchanged(payment, attempt)) await recordClosed(change, payment)
  })
}

/**
 * Closes a number at WeChat.
 *
 * @returns true for a verified 204, which alone means closed; false when WeChat refuses because the number is closed,
 *   paid or unknown there. A refusal isn't signed: only a query can tell.
 * @throws {WechatPayError} otherwise.
 */
export async function closeAtWechat(deps: Deps, { sn, mchid }: Pick<Payment, 'sn' | 'mchid'>): Promise<boolean> {
  try {
    await closeByOutTradeNo(deps.wechat, { outTradeNo: sn, mchid })
    return true
  } catch (error) {
    if (['ORDERCLOSED', 'ORDERPAID', 'ORDERNOTEXIST'].some((code) => isWechatCode(error, code))) return false
    throw error
  }
}

/** Null when the attempts under the lock are not the one that was closed at WeChat: start again. */
async function cancelLocked(
  deps: Deps,
  change: Change,
  { order: key, attempt }: { order: OrderKey; attempt: Payment | null },
): Promise<Cancellation | null> {
  const { tx } = change
  const payable = payableOf(deps, key.serviceType)
  const order = await payable.lock(tx, key.orderSn)
  if (!order?.waitsForPayment) return 'NOT_WAITING'
  const { live, withMoney } = await findAttempts(tx, key)
  if (withMoney) return withMoney.paidAt ? 'PAID' : 'UNDER_REVIEW'
  if (live) {
    const payment = await lockPayment(tx, live.sn)
    if (payment?.paidAt) return 'PAID'
    if (payment?.underReviewAt) return 'UNDER_REVIEW'
    if (!payment || !attempt || !isUnchanged(payment, attempt)) return null
    await recordClosed(change, payment)
  }
  await payable.cancel(tx, key.orderSn)
  return 'CANCELLED'
}

/** True for the same attempt, still pending, without a prepay that succeeded since it was read. */
function isUnchanged(current: Payment, read: Payment): boolean {
  return (
    current.sn === read.sn &&
    current.status === 'PENDING' &&
    !current.underReviewAt &&
    current.prepayId === read.prepayId
  )
}

async function recordClosed(change: Change, payment: Payment): Promise<void> {
  const closedAt = await databaseNow(change.tx)
  const nextRecheckAt = new Date(closedAt.getTime() + FIRST_RECHECK_SECONDS * 1000)
  const event = { source: 'CLOSE', detail: { prepayId: payment.prepayId } } as const
  // Nobody has paid it, so there is nothing to apply.
  const version = payment.version + 1
  const facts = { closedAt, nextRecheckAt, tradeState: 'CLOSED', tradeStateDesc: null }
  await recordChange(change, payment, { ...facts, queuedVersion: version, appliedVersion: version }, event)
}

/** Ends an attempt at WeChat: queries, closes, and queries once more, since a payment can win against the close. */
async function closeAndQuery(deps: Deps, attempt: Payment): Promise<'CLOSED' | 'PAID' | 'UNDER_REVIEW' | 'LATER'> {
  if (attempt.paidAt) return 'PAID'
  if (attempt.underReviewAt) return 'UNDER_REVIEW'
  const before = await queryAndSettle(deps, { attempt, source: 'CLOSE' })
  if (before === 'UNCLEAR') return 'LATER'
  if (before === 'ABSENT') return (await isCertainlyAbsent(deps, attempt)) ? 'CLOSED' : 'LATER'
  if (before !== 'OPEN') return before
  const closed = await closeAtWechat(deps, attempt)
  const after = await queryAndSettle(deps, { attempt, source: 'CLOSE' })
  if (after === 'PAID' || after === 'UNDER_REVIEW') return after
  if (after === 'UNCLEAR') return 'LATER'
  return closed || after === 'CLOSED' ? 'CLOSED' : 'LATER'
}

async function isCertainlyAbsent(deps: Deps, { sn, prepayId }: Payment): Promise<boolean> {
  if (prepayId !== null) return false
  const old = await deps.db.$queryRaw<unknown[]>`
    SELECT 1 FROM payment
    WHERE sn = ${sn} AND "createdAt" < now() - make_interval(secs => ${LONGEST_PREPAY_SECONDS})`
  return old.length > 0
}
