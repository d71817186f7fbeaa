import { type HomestayOrder, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../errors.ts'
import { grant, type SharedRate } from '../infra/shared-rate.ts'
import { queryRows } from '../infra/statement.ts'
import { type Cancellation, cancelUnpaid } from '../payment/attempt/close.ts'
import { isUnderReview } from '../payment/attempt/find.ts'
import { orUnavailable } from '../payment/or-unavailable.ts'
import { applyDue } from '../payment/outbox/apply-to-order.ts'
import { type Claimed, createPacedRun, NOT_CALLED } from '../payment/paced-run.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { OrderNotCancellableError } from './errors.ts'
import { orderRemedies } from './remedies.ts'
import { orderTexts } from './texts.ts'

/** The pause before closing is tried again, when WeChat gave no certain answer. */
const CLOSE_AGAIN_SECONDS = 60

/** How long after its deadline an order that can't be closed is stuck, and raises an alert: it still blocks its nights. */
export const NOT_CLOSED_AFTER_SECONDS = 3_600

/**
 * Each makes three calls to WeChat, a close between two queries: a fifth of the 500 calls a second that a merchant's orders
 * may count on, and an eighth of its 1,800 queries (../payment/attempt/recheck.ts).
 */
const CLOSES: SharedRate = { name: 'close', perSecond: 100 }

/** Orders that one process closes at once, at most. */
const AT_ONCE = 32

/**
 * Cancels the guest's own unpaid order and releases its nights in the same commit. Safe to call twice.
 *
 * @throws {NotFoundError} when it doesn't exist or is somebody else's.
 * @throws {OrderNotCancellableError} when it doesn't wait for payment, its payment is under review, or WeChat reports it
 *   paid: then it is paid by now.
 * @throws {WechatUnavailableError} when WeChat gives no certain answer; nothing is changed.
 */
export async function cancelHomestayOrder(deps: Deps, { userId, sn }: { userId: string; sn: string }): Promise<void> {
  const order = await deps.db.homestayOrder.findFirst({ where: { sn, userId } })
  if (!order) throw new NotFoundError(orderTexts.order)
  if (order.tradeState === 'CANCELLED') return
  if (order.tradeState !== 'WAIT_PAY') throw await notCancellable(deps, order)
  const end = await orUnavailable(deps, cancelOrApply(deps, sn))
  if (end === 'LATER') throw new WechatUnavailableError()
  const tradeState = await getState(deps, sn)
  if (tradeState !== 'CANCELLED') throw await notCancellable(deps, { sn, tradeState })
}

/**
 * One run of the close loop, which cancels orders whose payment deadline is over, with or without an attempt. Without a
 * certain answer from WeChat it tries again later; an order that turns out to be paid becomes usable.
 */
export function createCloseLoop(deps: Deps): (stopping?: AbortSignal) => Promise<boolean> {
  return createPacedRun<DueOrder>({
    atOnce: AT_ONCE,
    claim: (atMost) => claimDue(deps, atMost),
    work: (order) => closeDue(deps, order),
  })
}

interface DueOrder {
  sn: string
  /** Whether there is an attempt to close at WeChat. */
  isTapped: boolean
  isStuck: boolean
}

async function claimDue(deps: Deps, atMost: number): Promise<Claimed<DueOrder>> {
  const { closeGraceSeconds } = deps.config.order
  const due = await queryRows<DueOrder & { isClaimed: boolean }>(
    deps.db,
    Prisma.sql`
    WITH due AS MATERIALIZED (
      SELECT sn FROM homestay_order
      WHERE "tradeState" = 'WAIT_PAY'
        AND COALESCE("nextCloseAt", "payBefore") <= now()
        AND "payBefore" <= now() - make_interval(secs => ${closeGraceSeconds})
      ORDER BY COALESCE("nextCloseAt", "payBefore") LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    ),
    ${grant(CLOSES)},
    claimed AS (
      UPDATE homestay_order o SET "nextCloseAt" = now() + make_interval(secs => ${CLOSE_AGAIN_SECONDS})
      WHERE sn = ANY(ARRAY(SELECT sn FROM due LIMIT (SELECT count FROM granted)))
      RETURNING o.sn, o."payBefore" < now() - make_interval(secs => ${NOT_CLOSED_AFTER_SECONDS}) AS "isStuck", EXISTS (
        SELECT 1 FROM payment p WHERE p."serviceType" = 'HOMESTAY_ORDER' AND p."orderSn" = o.sn AND p."closedAt" IS NULL
      ) AS "isTapped"
    )
    SELECT due.sn, c."isStuck", c."isTapped", c.sn IS NOT NULL AS "isClaimed" FROM due LEFT JOIN claimed c ON c.sn = due.sn`,
  )
  const items = due.filter(({ isClaimed }) => isClaimed)
  return { items, isLimited: items.length < due.length }
}

/** @returns what the paced run counts: one order that can't be closed must not stop the loop for the others. */
async function closeDue(deps: Deps, { sn, isStuck, isTapped }: DueOrder): Promise<unknown> {
  let failure: unknown
  try {
    if ((await cancelOrApply(deps, sn)) !== 'LATER') return isTapped ? undefined : NOT_CALLED
  } catch (error) {
    failure = error
  }
  const isOurs = failure !== undefined && !(failure instanceof WechatPayError)
  deps.log[isStuck || isOurs ? 'error' : 'warn'](
    { err: failure, orderSn: sn, ...(isStuck ? { alarm: 'close', remedy: orderRemedies.close(sn) } : {}) },
    'order not closed after its deadline, trying again',
  )
  return isOurs ? NOT_CALLED : failure
}

/**
 * Cancels the order, or applies its payment in the same call when the guest paid first.
 *
 * @throws {WechatPayError} when WeChat gives no usable answer; nothing is changed.
 */
export async function cancelOrApply(deps: Deps, orderSn: string): Promise<Cancellation> {
  const order = keyOf(orderSn)
  const end = await cancelUnpaid(deps, order)
  if (end === 'PAID') await applyDue(deps, order)
  return end
}

async function notCancellable(
  deps: Deps,
  { sn, tradeState }: Pick<HomestayOrder, 'sn' | 'tradeState'>,
): Promise<OrderNotCancellableError> {
  // An order in WAIT_PAY can't be cancelled for that reason alone; its review may have ended since.
  const underReview = tradeState === 'WAIT_PAY' || (await isUnderReview(deps.db, keyOf(sn)))
  return new OrderNotCancellableError(tradeState, { underReview })
}

function keyOf(orderSn: string) {
  return { serviceType: 'HOMESTAY_ORDER', orderSn } as const
}

async function getState(deps: Deps, sn: string) {
  const { tradeState } = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn }, select: { tradeState: true } })
  return tradeState
}
