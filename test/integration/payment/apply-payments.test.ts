import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { applyCommonPayments } from '../../../src/order/apply-common-payments.ts'
import { drawTradeCode } from '../../../src/order/trade-code.ts'
import { changePayment } from '../../../src/payment/change-payment.ts'
import { applyPayments } from '../../../src/payment/outbox/apply-payments.ts'
import { applyCommonCase } from '../../../src/payment/outbox/common-case.ts'
import { lockPayment, recordChange } from '../../../src/payment/record.ts'
import { openRefund } from '../../../src/payment/refund/open.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenPaid, orderOf, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { countingReads } from '../../harness/graphql.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
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

const ADVISORY_LOCK = 4_711

/** A refund that WeChat closed at once: afterwards the payment looks as before, but for its version. */
async function openAndCloseRefund({ deps }: TestApp, { payment: { sn } }: Tapped): Promise<void> {
  await changePayment(deps, async (change) => {
    const payment = await lockPayment(change.tx, sn)
    if (payment) await openRefund(deps, change, { payment, cause: 'GUEST', reason: '行程有变' })
  })
  await changePayment(deps, async (change) => {
    await change.tx.refund.updateMany({ where: { paymentSn: sn }, data: { status: 'CLOSED', endedAt: new Date() } })
    const payment = await lockPayment(change.tx, sn)
    if (payment) await recordChange(change, payment, {}, { source: 'REFUND', detail: {} })
  })
}

/** What may change a payment between the snapshot of a statement and its locks. */
const overtaking: Record<string, (app: TestApp, tapped: Tapped) => Promise<unknown>> = {
  'a refund that is closed already': openAndCloseRefund,
  'a hold': async ({ deps }, { payment: { sn } }) => {
    const payment = await paymentOf(deps, sn)
    const report = paidReport(payment, { transaction_id: payment.transactionId, trade_state: 'REFUND' })
    await settle(deps, { transaction: report, source: 'QUERY' })
  },
  'a mismatch': async ({ deps }, { payment }) =>
    settle(deps, { transaction: paidReport(payment, { amount: amountOf(1) }), source: 'NOTICE' }),
}

/** The app's deps, whose homestay orders get these codes when they are paid together; random ones after that. */
function withCodes({ deps }: TestApp, codes: string[]): Deps {
  const { HOMESTAY_ORDER: payable } = deps.payables
  if (!payable) throw new Error('no homestay orders')
  const left = [...codes]
  const draw = () => left.shift() ?? drawTradeCode()
  const applyMany: typeof payable.applyMany = (db, batch) => applyCommonPayments(db, batch, draw)
  return { ...deps, payables: { ...deps.payables, HOMESTAY_ORDER: { ...payable, applyMany } } }
}

/**
 * Applies a payment by the common case's statement, which waits after its snapshot and before its locks until `change` is
 * committed.
 *
 * @returns what it has applied.
 */
async function applyOvertakenBy({ deps }: TestApp, { payment }: Tapped, change: () => Promise<unknown>) {
  const batch = { serviceType: 'HOMESTAY_ORDER', paymentSns: [payment.sn] }
  const orders = {
    lock: Prisma.sql`
      SELECT o.sn FROM homestay_order o
      WHERE o.sn IN (SELECT "orderSn" FROM candidate) AND pg_advisory_xact_lock_shared(${ADVISORY_LOCK}) IS NOT NULL
      ORDER BY o.sn FOR UPDATE OF o SKIP LOCKED`,
    judge: Prisma.sql`SELECT c.sn FROM common c JOIN locked_order o ON o.sn = c."orderSn"`,
    move: Prisma.sql`SELECT 1`,
    tell: Prisma.sql`SELECT 1`,
  }
  const { applying } = await deps.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})::text`
    const applying = applyCommonCase(deps.db, batch, orders)
    await expect.poll(() => deps.db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(1)
    await change()
    return { applying }
  })
  return applying
}

describe('payments applied together', () => {
  test('applies a payment that nothing overtakes', async ({ app }) => {
    const settled = await givenSettled(app)
    const applied = await applyOvertakenBy(app, settled, async () => {})
    expect(applied).toEqual([settled.payment.sn])
  })

  test.for(Object.entries(overtaking))(
    'leaves a payment to itself that is overtaken by %s',
    async ([, change], { app }) => {
      const settled = await givenSettled(app)
      expect(await applyOvertakenBy(app, settled, () => change(app, settled))).toEqual([])
      expect(await paymentOf(app.deps, settled.payment.sn)).toMatchObject({ appliedVersion: 1 })
    },
  )

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
        jobs: [],
      })
  })

  test('counts a payment as applied that another worker has applied since, and does not write it again', async ({
    app,
  }) => {
    const settled = await givenSettled(app)
    const { payment } = settled
    await applyPayments(app.deps, batchOf([settled]))
    const written = () => app.deps.db.$queryRaw`SELECT xmin::text FROM payment WHERE sn = ${payment.sn}`
    const before = await written()

    const batch = { serviceType: 'HOMESTAY_ORDER', paymentSns: [payment.sn] }
    expect(await applyCommonPayments(app.deps.db, batch)).toEqual([payment.sn])

    expect(await written()).toEqual(before)
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
