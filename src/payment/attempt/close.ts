import type { Payment } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { databaseNow, type Transaction } from '../infra/database.ts'
import { closeByOutTradeNo } from '../wechat/pay.ts'
import { findAttempts, type OrderKey } from './attempts.ts'
import { isWechatCode, learn } from './learn.ts'
import { payableOf } from './payable.ts'
import { lockPayment, recordChange } from './record.ts'

/**
 * An attempt without `prepayId` may have a prepay under way for so long: three calls of 10 s with their pauses, and
 * then some. Only after that does "no such order" mean that it will never be there.
 */
const LONGEST_PREPAY_SECONDS = 60

/** After a close, money can still be late: asked after 1 min, 10 min, 2 h and 26 h, which ends with a day's bill. */
export const SECONDS_AFTER_CLOSE = [60, 600, 7_200, 93_600]

/** How often a cancellation starts again because an attempt appeared or moved meanwhile. */
const ROUNDS = 3

/**
 * - CANCELLED: order and attempt are closed, here and at WeChat.
 * - NOT_WAITING: the order doesn't wait for payment.
 * - PAID: the money was faster; it is settled, and its order must follow.
 * - DISPUTED: money that doesn't fit is there; an operator decides.
 * - LATER: it isn't certain yet what WeChat will make of the attempt; nothing is changed.
 */
export type Cancellation = 'CANCELLED' | 'NOT_WAITING' | 'PAID' | 'DISPUTED' | 'LATER'

/**
 * Cancels an order that waits for payment, and closes its attempt at WeChat first. Safe against every interleaving
 * with a tap, a prepay under way, a notice, or another close: what was learnt at WeChat counts only for the attempt
 * that is still there, unmoved, once order and payment are locked.
 *
 * @throws {WechatPayError} when WeChat gives no usable answer; nothing is changed.
 */
export async function cancelUnpaid(deps: Deps, order: OrderKey): Promise<Cancellation> {
  for (let round = 0; round < ROUNDS; round++) {
    const seen = (await findAttempts(deps.db, order)).live
    const atWechat = seen ? await closeSeen(deps, seen) : 'CLOSED'
    if (atWechat !== 'CLOSED') return atWechat
    const done = await deps.db.$transaction((tx) => cancelLocked(deps, tx, order, seen))
    if (done === 'CANCELLED' && seen) deps.pubsub.publish({ sn: seen.sn, version: seen.version + 1 })
    if (done) return done
  }
  return 'LATER'
}

/**
 * Closes an attempt that its order doesn't wait for any more, or whose number WeChat has closed; the order is left as it
 * is, and may get another attempt.
 *
 * @throws {WechatPayError} when WeChat gives no usable answer; nothing is changed.
 */
export async function closeStray(deps: Deps, attempt: Payment): Promise<void> {
  if ((await closeSeen(deps, attempt)) !== 'CLOSED') return
  const closed = await deps.db.$transaction(async (tx) => {
    await payableOf(deps, attempt.serviceType).lock(tx, attempt.orderSn)
    const payment = await lockPayment(tx, attempt.sn)
    return payment && isUnmoved(payment, attempt) ? recordClosed(tx, payment) : null
  })
  if (closed) deps.pubsub.publish({ sn: closed.sn, version: closed.version })
}

/**
 * Closes a number at WeChat.
 *
 * @returns true for a verified 204, which alone means closed; false when WeChat says, unsigned, that it is closed, paid
 *   or not there: only a query can tell.
 * @throws {WechatPayError} otherwise.
 */
export async function closeAtWechat(deps: Deps, attempt: Pick<Payment, 'sn' | 'mchid'>): Promise<boolean> {
  try {
    await closeByOutTradeNo(deps.wechat, { outTradeNo: attempt.sn, mchid: attempt.mchid })
    return true
  } catch (error) {
    if (['ORDERCLOSED', 'ORDERPAID', 'ORDERNOTEXIST'].some((code) => isWechatCode(error, code))) return false
    throw error
  }
}

/** Null when the attempts under the lock are not the one that was closed at WeChat: start again. */
async function cancelLocked(
  deps: Deps,
  tx: Transaction,
  key: OrderKey,
  seen: Payment | null,
): Promise<Cancellation | null> {
  const payable = payableOf(deps, key.serviceType)
  const order = await payable.lock(tx, key.orderSn)
  if (!order?.waitsForPayment) return 'NOT_WAITING'
  const { live, withMoney } = await findAttempts(tx, key)
  if (withMoney) return withMoney.paidAt ? 'PAID' : 'DISPUTED'
  if (live) {
    const payment = await lockPayment(tx, live.sn)
    if (payment?.paidAt) return 'PAID'
    if (payment?.disputedAt) return 'DISPUTED'
    if (!payment || !seen || !isUnmoved(payment, seen)) return null
    await recordClosed(tx, payment)
  }
  await payable.cancel(tx, key.orderSn)
  return 'CANCELLED'
}

/** Same attempt, still pending, and no prepay has come through since it was looked at. */
function isUnmoved(now: Payment, seen: Payment): boolean {
  return now.sn === seen.sn && now.status === 'PENDING' && !now.disputedAt && now.prepayId === seen.prepayId
}

async function recordClosed(tx: Transaction, payment: Payment): Promise<Payment> {
  const closedAt = await databaseNow(tx)
  const nextAskAt = new Date(closedAt.getTime() + (SECONDS_AFTER_CLOSE[0] ?? 0) * 1000)
  const event = { source: 'CLOSE', detail: { prepayId: payment.prepayId } } as const
  return recordChange(tx, payment, { closedAt, nextAskAt, tradeState: 'CLOSED', tradeStateDesc: null }, event)
}

/** Brings an attempt to its end at WeChat: asks, closes, and asks once more, since a payment can win the race. */
async function closeSeen(deps: Deps, attempt: Payment): Promise<'CLOSED' | 'PAID' | 'DISPUTED' | 'LATER'> {
  if (attempt.paidAt) return 'PAID'
  if (attempt.disputedAt) return 'DISPUTED'
  const before = await learn(deps, attempt, 'CLOSE')
  if (before === 'UNCLEAR') return 'LATER'
  if (before === 'ABSENT') return (await isSurelyAbsent(deps, attempt)) ? 'CLOSED' : 'LATER'
  if (before !== 'OPEN') return before
  const closed = await closeAtWechat(deps, attempt)
  const after = await learn(deps, attempt, 'CLOSE')
  if (after === 'PAID' || after === 'DISPUTED') return after
  if (after === 'UNCLEAR') return 'LATER'
  return closed || after === 'CLOSED' ? 'CLOSED' : 'LATER'
}

async function isSurelyAbsent(deps: Deps, { sn, prepayId }: Payment): Promise<boolean> {
  if (prepayId !== null) return false
  const old = await deps.db.$queryRaw<unknown[]>`
    SELECT 1 FROM payment
    WHERE sn = ${sn} AND "createdAt" < now() - make_interval(secs => ${LONGEST_PREPAY_SECONDS})`
  return old.length > 0
}
