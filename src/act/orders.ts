import { getUrgeable, type Urge, urgeOrder } from '../order/urge.ts'
import { type Desk, logAct, type Outcome, type Wish } from './desk.ts'
import { orderActTexts } from './texts.ts'

/** Does at once what a loop tries again and again. @throws as {@link urgeOrder}. */
export async function urge(desk: Desk, { orderSn, to }: { orderSn: string; to: Urge }, wish: Wish): Promise<Outcome> {
  const { tradeState: before } = await getUrgeable(desk.db, { orderSn, urge: to })
  if (wish.dryRun) return { result: { orderSn, tradeState: before }, sentences: [orderActTexts[to](orderSn, before)] }
  const deps = await desk.openDeps()
  const tradeState = await urgeOrder(deps, { orderSn, urge: to, by: wish.by })
  logAct(desk.log, wish, { action: `orders ${to}`, orderSn, tradeState })
  return { result: { orderSn, before, tradeState }, sentences: [orderActTexts.done(orderSn, before, tradeState)] }
}
