import { createCloseLoop } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { createRecheckLoop } from '../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { finishDecisions } from '../../src/payment/review/decide.ts'
import { act, passTime } from './perform.ts'
import type { Lane, Life } from './system.ts'
import { attemptsOf, endedRefunds, endRefunds, isManual } from './ledger.ts'
import { acceptAll, dismissAll, retryAbnormal } from './operator.ts'

const DAYS = 15

/**
 * Lets days go by with WeChat in good health and the loops running, until nothing is left to do. The only notices are of
 * refunds made by hand, which nothing else tells us of; whatever became of ours is for the loops to find.
 *
 * @throws when it never comes to rest.
 */
export async function comeToRest(lane: Lane, life: Life): Promise<void> {
  const { deps, sandbox } = lane.app
  for (const endpoint of ['prepay', 'query', 'close', 'refund'] as const) sandbox.faults.clear(endpoint)
  for (let day = 0; day < DAYS; day++) {
    const attempts = await attemptsOf(lane, life)
    const todo = await unrest(lane, attempts)
    if (Object.values(todo).every((count) => count === 0)) return
    await lane.sql.query(passTime('28 h'))
    if (todo.refunds > 0) await retryAbnormal(lane)
    if (todo.disputes > 0) await acceptAll(lane, life)
    if (todo.disputes > 0) await dismissAll(lane, life)
    if (todo.disputes > 0) await finishDecisions(deps)
    if (todo.overdue > 0) await expireOrders(deps)
    endRefunds(lane, attempts, 'SUCCESS')
    for (const number of endedRefunds(lane, attempts)) {
      if (isManual(lane, number)) await sandbox.sendNotice(number)
    }
    if (todo.openOrders > 0) await createCloseLoop(deps)()
    if (todo.questions > 0) await createRecheckLoop(deps)()
    if (todo.refunds > 0) await createRefundLoop(deps)()
    await act(lane, life, 'orders follow')
  }
  throw new Error(`after ${DAYS} days there is still something to do: ${JSON.stringify(await unrest(lane, []))}`)
}

/** How much of each kind is still to be done, by WeChat or by us. */
async function unrest({ sql, app }: Lane, attempts: string[]) {
  const { rows } = await sql.query<
    Record<'toFollow' | 'questions' | 'refunds' | 'openOrders' | 'disputes' | 'overdue', number>
  >(`
    SELECT (SELECT count(*)::int FROM payment WHERE version > "appliedVersion" OR version > "queuedVersion") AS "toFollow",
      (SELECT count(*)::int FROM payment WHERE "nextRecheckAt" IS NOT NULL) AS questions,
      (SELECT count(*)::int FROM refund WHERE status IN ('REQUESTED', 'PROCESSING', 'ABNORMAL')) AS refunds,
      (SELECT count(*)::int FROM payment_mismatch WHERE "resolvedAt" IS NULL) AS disputes,
      (SELECT count(*)::int FROM homestay_order WHERE "tradeState" = 'WAIT_USE' AND "liveEndDate" < now()) AS overdue,
      (SELECT count(*)::int FROM homestay_order WHERE "tradeState" IN ('WAIT_PAY', 'REFUNDING')) AS "openOrders"`)
  const [ours] = rows
  if (!ours) throw new Error('counting gave no row')
  const told = await sql.query<{ no: string }>(
    `SELECT "outRefundNo" AS no FROM refund WHERE "paymentSn" = ANY($1) AND "endedAt" IS NOT NULL`,
    [attempts],
  )
  const known = new Set(told.rows.map(({ no }) => no))
  const atWechat = attempts.flatMap((sn) => app.sandbox.ledger.orders.get(sn)?.outRefundNos ?? [])
  return { ...ours, untold: atWechat.filter((no) => !known.has(no)).length }
}
