import type { Deps } from '../../../src/deps.ts'
import { applyCommonPayments } from '../../../src/order/apply-common-payments.ts'
import { drawTradeCode } from '../../../src/order/trade-code.ts'
import { applyPayments } from '../../../src/payment/outbox/apply-payments.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenPaid, orderOf, type Tapped } from '../../harness/fixtures.ts'
import { countingReads } from '../../harness/graphql.ts'
import { paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

async function givenSettled(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

async function givenManySettled(app: TestApp, count: number): Promise<Tapped[]> {
  const settled: Tapped[] = []
  for (let nth = 0; nth < count; nth++) settled.push(await givenSettled(app))
  return settled
}

const batchOf = (tapped: Tapped[]) => tapped.map(({ payment }) => ({ paymentSn: payment.sn }))

/** The app's deps, whose homestay orders get these codes when they are paid together; random ones after that. */
function withCodes({ deps }: TestApp, codes: string[]): Deps {
  const { HOMESTAY_ORDER: payable } = deps.payables
  if (!payable) throw new Error('no homestay orders')
  const left = [...codes]
  const draw = () => left.shift() ?? drawTradeCode()
  const applyMany: typeof payable.applyMany = (tx, batch) => applyCommonPayments(deps.queue, tx, batch, draw)
  return { ...deps, payables: { ...deps.payables, HOMESTAY_ORDER: { ...payable, applyMany } } }
}

describe('payments applied together', () => {
  test('applies twenty payments by as many statements as two', async ({ app }) => {
    const [few, many] = [await givenManySettled(app, 2), await givenManySettled(app, 20)]
    const { deps, reads } = countingReads(app.deps)

    await applyPayments(deps, batchOf(few))
    const forTwo = reads.splice(0).length
    expect(forTwo).toBeGreaterThan(0)
    await applyPayments(deps, batchOf(many))

    expect(reads).toHaveLength(forTwo)
    for (const { order } of [...few, ...many])
      expect(await snapshotOf(app.deps, order.sn)).toMatchObject({
        order: 'WAIT_USE',
        paidBy: 0,
        hasCode: true,
        payments: [{ status: 'SUCCESS', version: 2, appliedVersion: 2 }],
        messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
        jobs: ['send-message', 'send-message'],
      })
  })

  test('gives each order a code of its own when the one that was drawn for it is taken', async ({ app }) => {
    const taken = (await givenPaid(app)).order.tradeCode ?? ''
    const settled = await givenManySettled(app, 3)
    const deps = withCodes(app, ['ABCDEFGH', taken])

    const ends = await applyPayments(deps, batchOf(settled))

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    const orders = await Promise.all(settled.map(({ order }) => orderOf(deps, order.sn)))
    expect(orders.map(({ tradeState }) => tradeState)).toEqual(['WAIT_USE', 'WAIT_USE', 'WAIT_USE'])
    expect(orders[0]?.tradeCode).toBe('ABCDEFGH')
    expect(new Set([taken, ...orders.map(({ tradeCode }) => tradeCode)]).size).toBe(4)
  })

  test('applies all payments though two of them were drawn the same code', async ({ app }) => {
    const settled = await givenManySettled(app, 3)
    const deps = withCodes(app, ['ABCDEFGH', 'ABCDEFGH'])

    const ends = await applyPayments(deps, batchOf(settled))

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    const orders = await Promise.all(settled.map(({ order }) => orderOf(deps, order.sn)))
    expect(new Set(orders.map(({ tradeCode }) => tradeCode)).size).toBe(3)
    expect(await deps.db.message.count()).toBe(6)
  })
})
