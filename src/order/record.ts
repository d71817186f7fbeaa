import type { HomestayOrder, Prisma } from '../../prisma/client/client.ts'
import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { assertTransition } from '../infra/transitions.ts'
import { orderTransitions } from './state.ts'

/** The order, locked until `tx` ends. Null when there is none. */
export async function lockOrder(tx: Tx, sn: string): Promise<HomestayOrder | null> {
  await tx.$queryRaw`SELECT 1 FROM homestay_order WHERE sn = ${sn} FOR UPDATE`
  return tx.homestayOrder.findUnique({ where: { sn } })
}

/**
 * Moves a locked order to another state and writes `facts` with it.
 *
 * @throws {IllegalTransitionError} when the state table forbids it.
 */
export async function moveOrder(
  tx: Tx,
  order: HomestayOrder,
  to: OrderTradeState,
  facts: Prisma.HomestayOrderUncheckedUpdateInput = {},
): Promise<HomestayOrder> {
  assertTransition(orderTransitions, `order ${order.sn}`, order.tradeState, to)
  return tx.homestayOrder.update({ where: { sn: order.sn }, data: { ...facts, tradeState: to } })
}
