import { Client } from 'pg'
import type { Deps } from '../../../src/deps.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere, openCutConnection } from '../../harness/cut-connection.ts'
import { fillPayments } from '../../harness/fill.ts'
import { freshTapped, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { notify } from '../../harness/forge.ts'
import { whileLocked } from '../../harness/race.ts'
import { openRecordedDatabase } from '../../harness/recorded-plans.ts'
import { amountOf, newTransactionId, paidContent, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

async function tapMany(app: TestApp, count: number): Promise<Tapped[]> {
  const tapped: Tapped[] = []
  for (let nth = 0; nth < count; nth++) tapped.push(await freshTapped(app))
  return tapped
}

/** What is settled in one turn of the event loop goes into one set, as far as it may. */
function settleAtOnce(deps: Deps, reports: [Tapped, Record<string, unknown>?][]) {
  return reports.map(([{ payment }, change]) =>
    settle(deps, { transaction: paidReport(payment, change), source: 'NOTICE' }),
  )
}

/** How many transactions of the database wrote the events of these payments. */
async function commitsOf({ deps }: TestApp, tapped: Tapped[]): Promise<number> {
  const sns = tapped.map(({ payment }) => payment.sn)
  const rows = await deps.db.$queryRaw<{ count: bigint }[]>`
    SELECT count(DISTINCT xmin::text) FROM payment_event WHERE "paymentSn" = ANY(${sns}) AND version = 2`
  return Number(rows[0]?.count)
}

const outcomesOf = async (settled: ReturnType<typeof settleAtOnce>) =>
  (await Promise.all(settled)).map(({ outcome }) => outcome)

describe('reports at the same moment', () => {
  test('settles them in one transaction, each with its own result', async ({ app }) => {
    const tapped = await tapMany(app, 5)
    const [moved, small, unknown, late, other] = tapped as [Tapped, Tapped, Tapped, Tapped, Tapped]

    const settled = await Promise.all(
      settleAtOnce(app.deps, [
        [moved],
        [small, { amount: amountOf(1) }],
        [unknown, { out_trade_no: 'PA20200101NOBODYKNOWSIT' }],
        [late, { trade_state: 'REFUND' }],
        [other],
      ]),
    )

    expect(settled.map(({ outTradeNo, outcome, version }) => [outTradeNo, outcome, version])).toEqual([
      [moved.payment.sn, 'MOVED', 2],
      [small.payment.sn, 'MISMATCH', 2],
      ['PA20200101NOBODYKNOWSIT', 'UNKNOWN', null],
      [late.payment.sn, 'MOVED', 2],
      [other.payment.sn, 'MOVED', 2],
    ])
    expect(await commitsOf(app, [moved, small, late, other])).toBe(1)
  })

  test('answers 204 to many notices at once, all of them committed', async ({ app }) => {
    const tapped = await tapMany(app, 20)

    const statuses = await Promise.all(
      tapped.map(async ({ payment }) => {
        const status = await notify(app, paidContent(payment))
        // Answered is committed: everybody sees it.
        return [status, (await paymentOf(app.deps, payment.sn)).status]
      }),
    )

    expect(statuses).toEqual(tapped.map(() => [204, 'SUCCESS']))
  })

  test('settles the first of equal twins, and changes nothing by the others', async ({ app }) => {
    const tapped = await freshTapped(app)
    const transaction = paidReport(tapped.payment)
    const twin = () => settle(app.deps, { transaction, source: 'NOTICE' })

    expect(await outcomesOf([twin(), twin(), twin()])).toEqual(['MOVED', 'SAME', 'SAME'])
    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([{ status: 'SUCCESS', version: 2 }])
  })

  test('judges twins with different amounts in the order of arrival', async ({ app }) => {
    const [right, wrong] = (await tapMany(app, 2)) as [Tapped, Tapped]
    const [one, other] = [newTransactionId(), newTransactionId()]

    const outcomes = await outcomesOf(
      settleAtOnce(app.deps, [
        [right, { transaction_id: one }],
        [right, { transaction_id: one, amount: amountOf(1) }],
        [wrong, { transaction_id: other, amount: amountOf(1) }],
        [wrong, { transaction_id: other }],
      ]),
    )

    expect(outcomes).toEqual(['MOVED', 'SAME', 'MISMATCH', 'MOVED'])
    expect(await paymentOf(app.deps, right.payment.sn)).toMatchObject({ status: 'SUCCESS', version: 2 })
    expect(await paymentOf(app.deps, wrong.payment.sn)).toMatchObject({
      status: 'SUCCESS',
      paidTotal: 12_800,
      version: 3,
      underReviewAt: null,
    })
  })

  test('pays the first by a transaction that names two payments, and puts the second under review', async ({ app }) => {
    const [first, second] = (await tapMany(app, 2)) as [Tapped, Tapped]
    const change = { transaction_id: newTransactionId() }

    const settled = await Promise.all(
      settleAtOnce(app.deps, [
        [first, change],
        [second, change],
      ]),
    )

    expect(settled.map(({ outcome, mismatch }) => [outcome, mismatch])).toEqual([
      ['MOVED', null],
      ['MISMATCH', 'TRANSACTION_TAKEN'],
    ])
    expect((await paymentOf(app.deps, second.payment.sn)).underReviewAt).not.toBeNull()
  })

  test('answers the reports of one payment in the order of their arrival', async ({ app }) => {
    const tapped = await freshTapped(app)
    const transactionIds = Array.from({ length: 5 }, newTransactionId)
    const answers: [number, string][] = []

    const settled = settleAtOnce(
      app.deps,
      transactionIds.map((transaction_id) => [tapped, { transaction_id }]),
    )
    await Promise.all(settled.map(async (each, nth) => answers.push([nth, (await each).outcome])))

    expect(answers).toEqual([
      [0, 'MOVED'],
      [1, 'OTHER_TRANSACTION'],
      [2, 'OTHER_TRANSACTION'],
      [3, 'OTHER_TRANSACTION'],
      [4, 'OTHER_TRANSACTION'],
    ])
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ transactionId: transactionIds[0] })
  })
})

describe('a report whose payment is locked by somebody else', () => {
  test('waits alone: the others of its moment are settled meanwhile, and it is never UNKNOWN', async ({ app }) => {
    const tapped = await tapMany(app, 12)
    const [locked] = tapped.splice(7, 1) as [Tapped]

    const outcome = await whileLocked(app, { table: 'payment', key: locked.payment.sn }, async (waiters) => {
      const [waiting, ...others] = settleAtOnce(app.deps, [[locked], ...tapped.map((each): [Tapped] => [each])])
      expect(await outcomesOf(others)).toEqual(Array(11).fill('MOVED'))
      await waiters(1)
      return async () => (await waiting)?.outcome
    })

    expect(outcome).toBe('MOVED')
    expect(await commitsOf(app, tapped)).toBe(1)
    expect(await app.deps.db.paymentMismatch.count()).toBe(0)
  })

  test('does not keep out later reports about other payments, however many wait', async ({ app }) => {
    const [locked, free] = (await tapMany(app, 2)) as [Tapped, Tapped]

    const outcomes = await whileLocked(app, { table: 'payment', key: locked.payment.sn }, async (waiters) => {
      const waiting = settleAtOnce(
        app.deps,
        Array.from({ length: 10 }, (): [Tapped] => [locked]),
      )
      await waiters(3)
      expect(await outcomesOf(settleAtOnce(app.deps, [[free]]))).toEqual(['MOVED'])
      return () => outcomesOf(waiting)
    })

    expect(outcomes.toSorted()).toEqual(['MOVED', ...Array(9).fill('OTHER_TRANSACTION')])
  })
})

describe('a report that the database refuses', () => {
  test('fails alone: the others of its moment are settled', async ({ app }) => {
    const tapped = await tapMany(app, 6)
    const bad = tapped[3]
    // PostgreSQL has no year 0.
    const change = { success_time: '0000-06-01T00:00:00+08:00' }

    const ends = await Promise.allSettled(
      settleAtOnce(
        app.deps,
        tapped.map((each) => [each, each === bad ? change : {}]),
      ),
    )

    expect(ends.map(({ status }) => status)).toEqual([
      ...Array(3).fill('fulfilled'),
      'rejected',
      ...Array(2).fill('fulfilled'),
    ])
    const statuses = await Promise.all(
      tapped.map(async ({ payment }) => (await paymentOf(app.deps, payment.sn)).status),
    )
    expect(statuses).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'PENDING', 'SUCCESS', 'SUCCESS'])
  })

  test('fails alone when it is not about collected money', async ({ app }) => {
    const tapped = await tapMany(app, 2)
    const [good, bad] = tapped as [Tapped, Tapped]

    const ends = await Promise.allSettled(settleAtOnce(app.deps, [[bad, { trade_state: 'NOTPAY' }], [good]]))

    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
})

describe('a connection that breaks under reports at the same moment', () => {
  test('rejects all of them when COMMIT gets no answer, and changes nothing by their repeats', async ({
    app,
    onTestFinished,
  }) => {
    const tapped = await tapMany(app, 5)
    const cutting = await openCutConnection(app)
    onTestFinished(() => cutting.close())
    const reports = tapped.map(({ payment }) => paidReport(payment))
    const settleAll = () => reports.map((transaction) => settle(cutting.deps, { transaction, source: 'NOTICE' }))

    cutting.cut({ kind: 'commit-unconfirmed', nth: 1 })
    const ends = await Promise.allSettled(settleAll())
    expect(cutting.disarm()).toBe(true)
    const versions = async () =>
      Promise.all(tapped.map(async ({ payment }) => (await paymentOf(app.deps, payment.sn)).version))

    expect(ends.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    expect(await versions()).toEqual(Array(5).fill(2))
    expect(await outcomesOf(settleAll())).toEqual(Array(5).fill('SAME'))
    expect(await versions()).toEqual(Array(5).fill(2))
  })

  test('rejects all of them when the statement is lost, and settles their repeats', async ({ app, onTestFinished }) => {
    const tapped = await tapMany(app, 5)
    const cutting = await openCutConnection(app)
    onTestFinished(() => cutting.close())
    const settleAll = () =>
      settleAtOnce(
        cutting.deps,
        tapped.map((each) => [each]),
      )

    cutting.cut({ kind: 'statement-lost', nth: 1 })
    const ends = await Promise.allSettled(settleAll())
    expect(cutting.disarm()).toBe(true)

    expect(ends.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    expect(await app.deps.db.paymentEvent.count({ where: { version: 2 } })).toBe(0)
    expect(await outcomesOf(settleAll())).toEqual(Array(5).fill('MOVED'))
  })

  test('ends the same wherever it breaks', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => (await tapMany(app, 3)).map((each) => ({ ...each, transactionId: newTransactionId() })),
      run: (deps, tapped) =>
        Promise.all(
          settleAtOnce(
            deps,
            tapped.map((each) => [each, { transaction_id: each.transactionId }]),
          ),
        ),
      end: (tapped) => Promise.all(tapped.map(({ order }) => snapshotOf(app.deps, order.sn))),
    })

    expect(interruptions).toBe(2)
  })
})

describe('the plan of a settlement', () => {
  test('finds each payment by its key, although it was made while there were a few hundred', async ({ app }) => {
    const tapped = await tapMany(app, 2)
    const sql = new Client({ connectionString: app.databaseUrl })
    await sql.connect()
    await fillPayments(sql, 500)
    await sql.query('VACUUM ANALYZE')
    await sql.end()
    const { db, scans } = openRecordedDatabase(app.databaseUrl, 'force_generic_plan')

    const settled = settleAtOnce(
      { ...app.deps, settleDb: db },
      tapped.map((each) => [each]),
    )

    expect(await outcomesOf(settled)).toEqual(['MOVED', 'MOVED'])
    await db.$disconnect()
    const reads = scans.filter(({ sql }) => sql.includes('UPDATE payment')).map((scan) => scan.reads)
    expect(reads).not.toContain('payment')
    expect(reads.filter((each) => each === 'payment_pkey')).toHaveLength(2)
  })
})
