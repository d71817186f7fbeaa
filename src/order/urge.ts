import type { HomestayOrder } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError, NotFoundError, WechatUnavailableError } from '../errors.ts'
import { databaseNow, type Tx } from '../infra/database.ts'
import { type By, recordAct } from '../operator/act.ts'
import { applyDue } from '../payment/outbox/apply-to-order.ts'
import { cancelOrApply } from './cancel.ts'
import { awaitsShipping, uploadShippingOf } from './shipping.ts'
import { orderTexts, urgeTexts } from './texts.ts'

/** What an operator has done now, instead of waiting for the loop that does it. */
export type Urge = 'apply' | 'close' | 'ship'

interface UrgeInput {
  orderSn: string
  urge: Urge
  by: By
}

/**
 * Does at once what a loop tries again and again, and says what keeps it from being done: applies the payments of an order, closes
 * an unpaid order whose deadline is over, or reports a redeemed or expired one to WeChat. Safe to call twice, and beside the loop.
 *
 * @returns the order's state then.
 * @throws {NotFoundError}
 * @throws {InvalidInputError} when there is nothing to do.
 * @throws {WechatUnavailableError} when WeChat gives no certain answer about an order that is to be closed.
 * @throws {WechatPayError} | {MiniProgramError} when WeChat refuses it.
 */
export async function urgeOrder(deps: Deps, { orderSn, urge, by }: UrgeInput): Promise<HomestayOrder['tradeState']> {
  await getUrgeable(deps.db, { orderSn, urge })
  await recordAct(deps.db, { by, action: `orders ${urge}`, number: orderSn })
  await urges[urge](deps, orderSn)
  return (await getOrder(deps.db, orderSn)).tradeState
}

const urges: Record<Urge, (deps: Deps, orderSn: string) => Promise<void>> = {
  apply: (deps, orderSn) => applyDue(deps, { serviceType: 'HOMESTAY_ORDER', orderSn }),
  close: async (deps, orderSn) => {
    if ((await cancelOrApply(deps, orderSn)) === 'LATER') throw new WechatUnavailableError()
  },
  ship: (deps, orderSn) => uploadShippingOf(deps, { orderSn }),
}

/** The order, if this can be done about it. @throws as {@link urgeOrder}, for what isn't WeChat's. */
export async function getUrgeable(
  db: Pick<Tx, 'homestayOrder' | '$queryRaw'>,
  { orderSn, urge }: Pick<UrgeInput, 'orderSn' | 'urge'>,
): Promise<HomestayOrder> {
  const order = await getOrder(db, orderSn)
  const { tradeState, payBefore } = order
  if (urge === 'close' && (tradeState !== 'WAIT_PAY' || payBefore > (await databaseNow(db))))
    throw refuse(orderSn, urgeTexts.notOverdue)
  if (urge === 'ship' && !awaitsShipping(order)) throw refuse(orderSn, urgeTexts.notToShip)
  return order
}

function refuse(orderSn: string, text: (typeof urgeTexts)[keyof typeof urgeTexts]): InvalidInputError {
  return new InvalidInputError([{ path: orderSn, text }])
}

async function getOrder(db: Pick<Tx, 'homestayOrder'>, sn: string): Promise<HomestayOrder> {
  const order = await db.homestayOrder.findUnique({ where: { sn } })
  if (!order) throw new NotFoundError(orderTexts.order)
  return order
}
