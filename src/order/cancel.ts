import type { Deps } from '../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../errors.ts'
import { type Cancellation, cancelUnpaid } from '../payment/attempt/close.ts'
import { orUnavailable } from '../payment/or-unavailable.ts'
import { applyUnapplied } from '../payment/outbox/apply-to-order.ts'
import { createPacedRun } from '../payment/paced-run.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { OrderNotCancellableError } from './errors.ts'

/** An order whose closing found no certain answer is tried again after this. */
const CLOSE_AGAIN_SECONDS = 60

/** An order that can't be closed for so long after its deadline keeps its nights from other guests: a person must look. */
const STUCK_AFTER_SECONDS = 3_600

/** Each close asks WeChat three times. */
const CLOSES_PER_SECOND = 20

/**
 * Cancels the guest's own unpaid order; its nights are free in the same commit. Of a cancelled one: nothing.
 *
 * @throws {NotFoundError} when it doesn't exist or is somebody else's.
 * @throws {OrderNotCancellableError} when it is past that, or WeChat has the money: then the order is paid by now.
 * @throws {WechatUnavailableError} when WeChat gives no certain answer; nothing is changed.
 */
export async function cancelHomestayOrder(deps: Deps, { userId, sn }: { userId: string; sn: string }): Promise<void> {
  const order = await deps.db.homestayOrder.findFirst({ where: { sn, userId } })
  if (!order) throw new NotFoundError('order')
  if (order.tradeState === 'CANCELLED') return
  if (order.tradeState !== 'WAIT_PAY') throw new OrderNotCancellableError(order.tradeState)
  const end = await orUnavailable(deps, cancelOrApply(deps, sn))
  if (end === 'LATER') throw new WechatUnavailableError()
  const current = await getState(deps, sn)
  if (current !== 'CANCELLED') throw new OrderNotCancellableError(current)
}

/**
 * Cancels orders whose time to pay is over, with or without an attempt. What WeChat can't say for certain is tried
 * again; what turns out paid stays.
 */
export function createCloseLoop(deps: Deps): () => Promise<boolean> {
  return createPacedRun<DueOrder>({
    perSecond: CLOSES_PER_SECOND,
    together: false,
    claim: (atMost) => claimDue(deps, atMost),
    work: (order) => closeDue(deps, order),
  })
}

interface DueOrder {
  sn: string
  isStuck: boolean
}

function claimDue(deps: Deps, atMost: number): Promise<DueOrder[]> {
  const { closeGraceSeconds } = deps.config.order
  return deps.db.$queryRaw`
    WITH due AS (
      SELECT sn FROM homestay_order
      WHERE "tradeState" = 'WAIT_PAY'
        AND COALESCE("nextCloseAt", "payBefore") <= now()
        AND "payBefore" <= now() - make_interval(secs => ${closeGraceSeconds})
      ORDER BY COALESCE("nextCloseAt", "payBefore") LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )
    UPDATE homestay_order o SET "nextCloseAt" = now() + make_interval(secs => ${CLOSE_AGAIN_SECONDS})
    FROM due WHERE o.sn = due.sn
    RETURNING o.sn, o."payBefore" < now() - make_interval(secs => ${STUCK_AFTER_SECONDS}) AS "isStuck"`
}

/** @returns what was thrown, or undefined: one order that can't be closed must not keep the others open. */
async function closeDue(deps: Deps, { sn, isStuck }: DueOrder): Promise<unknown> {
  let failure: unknown
  try {
    if ((await cancelOrApply(deps, sn)) !== 'LATER') return undefined
  } catch (error) {
    failure = error
  }
  const isOurs = failure !== undefined && !(failure instanceof WechatPayError)
  deps.log[isStuck || isOurs ? 'error' : 'warn'](
    { err: failure, orderSn: sn, ...(isStuck ? { alarm: 'close' } : {}) },
    'an order past its deadline could not be closed; it is tried again',
  )
  return failure
}

/** Money that was faster than the cancelling is applied to the order in the same call. */
async function cancelOrApply(deps: Deps, orderSn: string): Promise<Cancellation> {
  const order = { serviceType: 'HOMESTAY_ORDER', orderSn } as const
  const end = await cancelUnpaid(deps, order)
  if (end === 'PAID') await applyUnapplied(deps, order)
  return end
}

async function getState(deps: Deps, sn: string) {
  const { tradeState } = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn }, select: { tradeState: true } })
  return tradeState
}
