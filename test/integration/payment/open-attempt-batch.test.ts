import { Client } from 'pg'
import type { Deps } from '../../../src/deps.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openCutConnection } from '../../harness/cut-connection.ts'
import { fillPayments } from '../../harness/fill.ts'
import { type Booked, freshOrder, freshTapped, paymentOf, tap } from '../../harness/fixtures.ts'
import { whileLocked } from '../../harness/race.ts'
import { openRecordedDatabase } from '../../harness/recorded-plans.ts'

async function bookMany(app: TestApp, count: number): Promise<Booked[]> {
  const booked: Booked[] = []
  for (let nth = 0; nth < count; nth++) booked.push(await freshOrder(app))
  return booked
}

/** What is tapped in one turn of the event loop is looked at together, and its attempts are made together. */
function tapAll(deps: Deps, booked: Booked[]) {
  return Promise.all(booked.map((each) => tap(deps, each)))
}

/** How many transactions of the database made the attempts of these orders. */
async function commitsOf({ deps }: TestApp, booked: Booked[]): Promise<number> {
  const sns = booked.map(({ order }) => order.sn)
  const [row] = await deps.db.$queryRaw<[{ count: bigint }]>`
    SELECT count(DISTINCT e.xmin::text) FROM payment_event e JOIN payment p ON p.sn = e."paymentSn"
    WHERE p."orderSn" = ANY(${sns}) AND e.version = 1`
  return Number(row.count)
}

describe('taps on several orders at the same moment', () => {
  test('opens an attempt of each in one transaction, and gives each guest its own', async ({ app }) => {
    const booked = await bookMany(app, 5)

    const params = await tapAll(app.deps, booked)

    const payments = await Promise.all(params.map(({ paymentSn }) => paymentOf(app.deps, paymentSn)))
    expect(payments.map(({ orderSn, userId, payTotal, openid }) => [orderSn, userId, payTotal, openid])).toEqual(
      booked.map(({ order, guest }) => [order.sn, guest.id, order.orderTotalPrice, guest.nickname]),
    )
    expect(params.map(({ package: prepay }) => prepay)).toEqual(payments.map(({ prepayId }) => `prepay_id=${prepayId}`))
    expect(await commitsOf(app, booked)).toBe(1)
  })

  test('refuses those alone that can’t be paid', async ({ app }) => {
    const [payable, foreign, unknown] = (await bookMany(app, 3)) as [Booked, Booked, Booked]
    const taps = [
      payable,
      { ...foreign, guest: payable.guest },
      { ...unknown, order: { ...unknown.order, sn: 'HO20200101NOBODYKNOWSIT' } },
      await freshTapped(app),
    ]

    const ends = await Promise.allSettled(taps.map((each) => tap(app.deps, each)))

    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'NOT_FOUND' } },
      { status: 'rejected', reason: { code: 'NOT_FOUND' } },
      { status: 'fulfilled' },
    ])
    expect(await app.deps.db.payment.count()).toBe(2)
  })
})

describe('a tap on an order that somebody else has locked', () => {
  test('waits alone: the others of its moment are opened meanwhile', async ({ app }) => {
    const booked = await bookMany(app, 6)
    const [locked] = booked.splice(3, 1) as [Booked]

    const { paymentSn } = await whileLocked(app, { table: 'homestay_order', key: locked.order.sn }, async (waiters) => {
      const waiting = tap(app.deps, locked)
      await tapAll(app.deps, booked)
      await waiters(1)
      return () => waiting
    })

    expect(await paymentOf(app.deps, paymentSn)).toMatchObject({ orderSn: locked.order.sn })
    expect(await commitsOf(app, booked)).toBe(1)
  })

  test('does not keep out later taps on other orders, however often it is tapped', async ({ app }) => {
    const [locked, free] = (await bookMany(app, 2)) as [Booked, Booked]

    const params = await whileLocked(app, { table: 'homestay_order', key: locked.order.sn }, async (waiters) => {
      const waiting = tapAll(app.deps, Array<Booked>(10).fill(locked))
      await waiters(3)
      await tap(app.deps, free)
      return () => waiting
    })

    expect(new Set(params.map(({ paymentSn }) => paymentSn)).size).toBe(1)
  })
})

describe('a tap whose payment somebody else has locked', () => {
  test('stores its prepay_id once that is over; the others of its moment don’t wait', async ({ app }) => {
    const booked = await bookMany(app, 2)
    const [locked, free] = await Promise.all(
      booked.map(async ({ order, guest }) => {
        const { sn } = await app.deps.db.payment.findFirstOrThrow({
          where: { sn: (await tap(app.deps, { order, guest })).paymentSn },
        })
        // As after a prepay whose answer was lost.
        await app.deps.db.payment.update({ where: { sn }, data: { prepayId: null, prepayIdAt: null } })
        return { order, guest, sn }
      }),
    )
    if (!locked || !free) throw new Error('two are booked')

    await whileLocked(app, { table: 'payment', key: locked.sn }, async (waiters) => {
      const waiting = tap(app.deps, locked)
      await tap(app.deps, free)
      expect(await paymentOf(app.deps, free.sn)).toMatchObject({ prepayId: expect.any(String) })
      await waiters(1)
      return () => waiting
    })

    expect(await paymentOf(app.deps, locked.sn)).toMatchObject({ prepayId: expect.any(String) })
  })
})

describe('an attempt that the database refuses', () => {
  test('fails alone: the others of its moment are opened', async ({ app }) => {
    const booked = await bookMany(app, 4)
    const sql = new Client({ connectionString: app.databaseUrl })
    await sql.connect()
    const refused = sql.escapeLiteral(booked[2]?.order.sn ?? '')
    await sql.query(`ALTER TABLE payment ADD CONSTRAINT refused_by_test CHECK ("orderSn" <> ${refused})`)
    try {
      const ends = await Promise.allSettled(booked.map((each) => tap(app.deps, each)))

      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    } finally {
      await sql.query('ALTER TABLE payment DROP CONSTRAINT refused_by_test')
      await sql.end()
    }
  })
})

describe('a connection that breaks under taps at the same moment', () => {
  test('fails all of them when COMMIT gets no answer; their repeats find the attempts that were made', async ({
    app,
    onTestFinished,
  }) => {
    const booked = await bookMany(app, 3)
    const cutting = await openCutConnection(app)
    onTestFinished(() => cutting.close())

    // The first commit is that of the look.
    cutting.cut({ kind: 'commit-unconfirmed', nth: 2 })
    const ends = await Promise.allSettled(booked.map((each) => tap(cutting.deps, each)))
    expect(cutting.disarm()).toBe(true)
    const made = await app.deps.db.payment.findMany({ select: { sn: true } })

    expect(ends.map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    expect(made).toHaveLength(3)
    const params = await tapAll(cutting.deps, booked)
    expect(params.map(({ paymentSn }) => paymentSn).toSorted()).toEqual(made.map(({ sn }) => sn).toSorted())
  })
})

describe('the plans of a tap', () => {
  test('find each row by its key, although they were made while there were a few hundred', async ({ app }) => {
    const booked = await bookMany(app, 2)
    const sql = new Client({ connectionString: app.databaseUrl })
    await sql.connect()
    await fillPayments(sql, 500)
    await sql.query('VACUUM ANALYZE')
    await sql.end()
    const { db, scans } = openRecordedDatabase(app.databaseUrl, 'force_generic_plan')

    await tapAll({ ...app.deps, db }, booked)

    await db.$disconnect()
    const large = ['payment', 'homestay_order']
    expect(scans.filter(({ isSequential, reads }) => isSequential && large.includes(reads))).toEqual([])
    expect(scans.map(({ reads }) => reads)).toContain('homestay_order_pkey')
  })
})
