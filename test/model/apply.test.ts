import { array, asyncProperty, check } from 'fast-check'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { openTestApp } from '../harness/app.ts'
import { describeRows, insertRows, type Rows, rowsFor } from './apply-database.ts'
import { isCommon, type OrderState, orderState, PLAIN_ATTEMPT } from './apply-states.ts'

const RUNS = Math.ceil(Number(process.env['MODEL_RUNS'] ?? 240) / 8)
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31)

const serviceType = 'HOMESTAY_ORDER'

/** A database of its own, with the app over it. */
async function openSide() {
  const app = await openTestApp()
  const pool = new Pool({ connectionString: app.databaseUrl, max: 1 })
  await pool.query(`SET TimeZone = 'UTC'`)
  const close = async () => {
    await pool.end()
    await app.close()
  }
  return { deps: app.deps, pool, close }
}

/** Applies each payment by itself. @returns how each ended. */
async function applyEach(deps: Deps, paymentSns: string[]): Promise<string[]> {
  const ends: string[] = []
  for (const paymentSn of paymentSns) {
    const [end] = await Promise.allSettled([applyToOrder(deps, { paymentSn })])
    ends.push(`${paymentSn} ${end.status}`)
  }
  return ends
}

function applyMany(deps: Deps, paymentSns: string[]): Promise<string[]> {
  const { applyMany: apply = async () => [] } = payableOf(deps, serviceType)
  return apply(deps.db, { serviceType, paymentSns })
}

function commonOf(states: OrderState[], { paymentSns }: Rows): string[] {
  return states.flatMap((state, index) => (isCommon(state) ? (paymentSns[index] ?? []) : []))
}

test(`${RUNS} sets of payments leave the same rows, applied together or each by itself (seed ${SEED})`, async () => {
  const [together, single] = await Promise.all([openSide(), openSide()])
  let applied = 0
  const property = asyncProperty(array(orderState, { minLength: 1, maxLength: 6, size: 'max' }), async (states) => {
    const rows = rowsFor(states)
    await Promise.all([together, single].map(({ pool }) => insertRows(pool, rows)))
    const paymentSns = rows.paymentSns.flat()

    const common = await applyMany(together.deps, paymentSns)
    expect(common.toSorted()).toEqual(commonOf(states, rows).toSorted())
    applied += common.length
    const ends = await applyEach(
      together.deps,
      paymentSns.filter((sn) => !common.includes(sn)),
    )
    const expected = await applyEach(single.deps, paymentSns)

    expect([...ends, ...common.map((sn) => `${sn} fulfilled`)].toSorted()).toEqual(expected.toSorted())
    expect(await describeRows(together.pool, rows)).toEqual(await describeRows(single.pool, rows))
  })
  const details = await check(property, { seed: SEED, numRuns: RUNS })
  await Promise.all([together.close(), single.close()])

  const { counterexample, counterexamplePath, errorInstance } = details
  const found = details.failed
    ? [`path ${counterexamplePath}`, JSON.stringify(counterexample), String(errorInstance)]
    : []
  expect(found.join('\n\n')).toBe('')
  expect(applied).toBeGreaterThan(0)
})

test('refunds that were deferred at one instant are recorded in the order of their mismatches', async () => {
  const { deps, pool, close } = await openSide()
  const mismatches = Array.from({ length: 3 }, () => ({ subject: 'REFUND' as const, resolution: null }))
  const rows = rowsFor([{ tradeState: 'WAIT_PAY', paidBy: null, attempts: [{ ...PLAIN_ATTEMPT, mismatches }] }])
  // The last goes in first: what the database gives without being asked for an order isn't what is expected.
  for (const [table, each] of rows.tables)
    if (table === 'payment_mismatch') each.sort((one, other) => (String(one['id']) < String(other['id']) ? 1 : -1))
  await insertRows(pool, rows)

  await applyEach(deps, rows.paymentSns.flat())

  const { rows: found } = await pool.query<{ expected: string[]; recorded: string[] }>(`
    SELECT (SELECT array_agg(number ORDER BY id) FROM payment_mismatch) AS expected,
      (SELECT array_agg(detail->>'out_refund_no' ORDER BY version) FROM payment_event WHERE detail ? 'out_refund_no') AS recorded`)
  await close()
  expect(found[0]?.recorded).toEqual(found[0]?.expected)
})
