import { createCloseLoop } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { createRecheckLoop } from '../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { finishDecisions } from '../../src/payment/review/decide.ts'
import { attemptsOf, endedRefunds, endRefunds, isManual } from './ledger.ts'
import { acceptAll, dismissAll, retryAbnormal } from './operator.ts'
import { passTime, perform } from './perform.ts'
import type { Life, System } from './system.ts'

const DAYS = 15

/**
 * Lets days pass with WeChat healthy and the loops running, until no work is left. Only manual refunds are reported by
 * notices, since nothing else finds them; the loops must find whatever became of our own calls.
 *
 * @throws when work is left after 15 days.
 */
export async function drain(system: System, life: Life): Promise<void> {
  const { deps, sandbox } = system.app
  for (const endpoint of ['prepay', 'query', 'close', 'refund'] as const) sandbox.faults.clear(endpoint)
  for (let day = 0; day < DAYS; day++) {
    const attempts = await attemptsOf(system, life)
    const todo = await countWork(system, attempts)
    if (Object.values(todo).every((count) => count === 0)) return
    await system.sql.query(passTime('28 h'))
    if (todo.refunds > 0) await retryAbnormal(system)
    if (todo.mismatches > 0) await acceptAll(system, life)
    if (todo.mismatches > 0) await dismissAll(system, life)
    if (todo.mismatches > 0) await finishDecisions(deps)
    if (todo.overdue > 0) await expireOrders(deps)
    endRefunds(system, attempts, 'SUCCESS')
    for (const number of endedRefunds(system, attempts)) {
      if (isManual(system, number)) await sandbox.sendNotice(number)
    }
    if (todo.openOrders > 0) await createCloseLoop(deps)()
    if (todo.rechecks > 0) await createRecheckLoop(deps)()
    if (todo.refunds > 0) await createRefundLoop(deps)()
    await perform(system, life, 'payments are applied')
  }
  throw new Error(`after ${DAYS} days there is still work left: ${JSON.stringify(await countWork(system, []))}`)
}

/** How much work of each kind is left, for WeChat or for us. */
async function countWork({ sql, app }: System, attempts: string[]) {
  const { rows } = await sql.query<
    Record<'notApplied' | 'rechecks' | 'refunds' | 'openOrders' | 'mismatches' | 'overdue', number>
  >(`
    SELECT
      (SELECT count(*)::int FROM payment WHERE version > "appliedVersion" OR version > "queuedVersion") AS "notApplied",
      (SELECT count(*)::int FROM payment WHERE "nextRecheckAt" IS NOT NULL) AS rechecks,
      (SELECT count(*)::int FROM refund WHERE status IN ('REQUESTED', 'PROCESSING', 'ABNORMAL')) AS refunds,
      (SELECT count(*)::int FROM payment_mismatch WHERE "resolvedAt" IS NULL) AS mismatches,
      (SELECT count(*)::int FROM homestay_order WHERE "tradeState" = 'WAIT_USE' AND "liveEndDate" < now()) AS overdue,
      (SELECT count(*)::int FROM homestay_order WHERE "tradeState" IN ('WAIT_PAY', 'REFUNDING')) AS "openOrders"`)
  const [ours] = rows
  if (!ours) throw new Error('counting gave no row')
  const ended = await sql.query<{ no: string }>(
    `SELECT "outRefundNo" AS no FROM refund WHERE "paymentSn" = ANY($1) AND "endedAt" IS NOT NULL`,
    [attempts],
  )
  const known = new Set(ended.rows.map(({ no }) => no))
  const atWechat = attempts.flatMap((sn) => app.sandbox.ledger.orders.get(sn)?.outRefundNos ?? [])
  return { ...ours, unreported: atWechat.filter((no) => !known.has(no)).length }
}
