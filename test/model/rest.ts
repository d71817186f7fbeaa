import { createClosing } from '../../src/order/cancel.ts'
import { createAsking } from '../../src/payment/ask.ts'
import { createRefunding, retryAbnormalRefund } from '../../src/payment/refund-loop.ts'
import { relayPayments } from '../../src/payment/relay.ts'
import { act, attemptsOf, endedRefunds, endRefunds, passTime } from './act.ts'
import type { Lane, Life } from './lane.ts'

const ROUNDS = 15

/**
 * Lets days go by with WeChat in good health, the loops running and every notice of a refund delivered in the end, until
 * nothing is left to do.
 *
 * @throws when it never comes to rest.
 */
export async function comeToRest(lane: Lane, life: Life): Promise<void> {
  const { deps, sandbox } = lane.app
  for (const endpoint of ['prepay', 'query', 'close', 'refund'] as const) sandbox.faults.clear(endpoint)
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0 && (await isAtRest(lane, life))) return
    await lane.sql.query(passTime('28 h'))
    const attempts = await attemptsOf(lane, life)
    await retryAbnormal(lane)
    endRefunds(lane, attempts, 'SUCCESS')
    for (const number of endedRefunds(lane, attempts)) await sandbox.sendNotice(number)
    await createClosing(deps)()
    await createAsking(deps)()
    await createRefunding(deps)()
    await relayPayments(deps)
    await act(lane, life, 'jobs run')
  }
  throw new Error(`after ${ROUNDS} days there is still something to do: ${JSON.stringify(await unrest(lane))}`)
}

/** What the operator does about a refund that can't reach the guest. */
async function retryAbnormal({ app }: Lane): Promise<void> {
  const abnormal = await app.deps.db.refund.findMany({ where: { status: 'ABNORMAL', nextAskAt: { not: null } } })
  for (const { outRefundNo } of abnormal) {
    if (app.sandbox.ledger.refunds.get(outRefundNo)?.status !== 'ABNORMAL') continue
    await retryAbnormalRefund(app.deps, { outRefundNo, type: 'MERCHANT_BANK_CARD' })
  }
}

async function isAtRest(lane: Lane, life: Life): Promise<boolean> {
  const processing = (await attemptsOf(lane, life)).some((sn) => {
    const order = lane.app.sandbox.ledger.orders.get(sn)
    return order?.outRefundNos.some((no) => lane.app.sandbox.ledger.refunds.get(no)?.status === 'PROCESSING')
  })
  return !processing && Object.values(await unrest(lane)).every((count) => count === '0')
}

async function unrest({ sql }: Lane): Promise<Record<string, string>> {
  const { rows } = await sql.query<Record<string, string>>(`
    SELECT (SELECT count(*) FROM payment WHERE version > "appliedVersion" OR version > "queuedVersion") AS "to follow",
      (SELECT count(*) FROM payment WHERE "nextAskAt" IS NOT NULL) AS "to ask about",
      (SELECT count(*) FROM refund WHERE status IN ('REQUESTED', 'PROCESSING', 'ABNORMAL')) AS "live refunds",
      (SELECT count(*) FROM homestay_order WHERE "tradeState" IN ('WAIT_PAY', 'REFUNDING')) AS "open orders"`)
  return rows[0] ?? {}
}
