import { array, assert, asyncProperty, boolean, constantFrom, integer, nat, record } from 'fast-check'
import { Client } from 'pg'
import { parseDay } from '../../../src/infra/shanghai.ts'
import { findAvailability } from '../../../src/order/availability.ts'
import { createHomestayOrder } from '../../../src/order/booking.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf, bookNights } from '../../harness/booking.ts'
import { fillPayments } from '../../harness/fill.ts'
import { dayFromNow, givenGuest, givenHomestay } from '../../harness/fixtures.ts'
import { openRecordedDatabase } from '../../harness/recorded-plans.ts'

/** SQL: so many that PostgreSQL takes an index for one of them. */
const MANY_HOMESTAYS = `
  INSERT INTO homestay (id, "businessId", title, "subTitle", cover, info, "peopleNum", "pricedBy", "homestayPrice",
    "marketHomestayPrice", "foodInfo", "foodPrice")
  SELECT h.id || '-' || n, h."businessId", h.title, h."subTitle", h.cover, h.info, h."peopleNum", h."pricedBy",
    h."homestayPrice", h."marketHomestayPrice", h."foodInfo", h."foodPrice" FROM homestay h, generate_series(1, 100) n`

const day = (days: number) => parseDay(dayFromNow(days)) ?? expect.fail('no day')

/** Which nights are free, from day `from` to day `to`, counted from today. */
async function freeNights({ deps }: TestApp, homestayId: string, from: number, to: number): Promise<boolean[]> {
  const nights = await findAvailability(deps, { homestayId, from: day(from), to: day(to) })
  return (nights ?? []).map(({ isFree }) => isFree)
}

/** Whether each night could be booked, by booking it. */
async function bookEach({ deps }: TestApp, id: string, userId: string, from: number, to: number): Promise<boolean[]> {
  const booked: boolean[] = []
  for (let night = from; night < to; night++) {
    const days = { liveStartDate: dayFromNow(night), liveEndDate: dayFromNow(night + 1) }
    const booking = createHomestayOrder(deps, { userId, ...bookingOf({ id }, days) })
    booked.push(
      await booking.then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(HOMESTAY_UNAVAILABLE|INVALID_INPUT)$/) })
          return false
        },
      ),
    )
  }
  return booked
}

/** Stays of some nights, of which some are cancelled, in a window of ten days. */
const stays = array(record({ from: nat(9), nights: integer({ min: 1, max: 5 }), isCancelled: boolean() }), {
  maxLength: 6,
})

/** Where the window begins: among the past, at today, and at the end of what can be booked. */
const beginnings = constantFrom(-3, 0, 20, 722)

describe('the availability of a homestay', () => {
  test.override({ env: { ORDER_UNPAID_LIMIT: '1000' } })

  test('offers exactly the nights that can be booked, whatever is booked or cancelled', async ({ app }) => {
    const guest = await givenGuest(app)
    await assert(
      asyncProperty(beginnings, stays, async (beginning, booked) => {
        const homestay = await givenHomestay(app)
        for (const { from, nights, isCancelled } of booked) {
          const start = beginning + from
          const booking = bookNights(app, { guest, homestay, from: start, to: start + nights })
          // Some overlap, or lie in the past.
          const order = await booking.catch(() => undefined)
          if (order && isCancelled) await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
        }
        const [from, to] = [beginning, beginning + 14]
        const offered = await freeNights(app, homestay.id, from, to)
        expect(await bookEach(app, homestay.id, guest.id, from, to)).toEqual(offered)
        expect(await freeNights(app, homestay.id, from, to)).toEqual(offered.map(() => false))
      }),
      { numRuns: 25 },
    )
  })

  test('is null off the shelf, and for no homestay', async ({ app }) => {
    const { id } = await givenHomestay(app, { onShelf: false })
    const range = { from: day(1), to: day(2) }
    for (const homestayId of [id, 'nothing', '', '\0', '\ud800']) {
      expect(await findAvailability(app.deps, { homestayId, ...range })).toBeNull()
    }
  })

  test('has no free night in years that no calendar of ours knows', async ({ app }) => {
    const { id: homestayId } = await givenHomestay(app)
    for (const [from, to] of [
      ['0000-01-01', '0000-01-03'],
      ['1999-12-30', '2000-01-02'],
      ['9999-12-29', '9999-12-31'],
    ] as const) {
      const range = { from: new Date(`${from}T00:00:00Z`), to: new Date(`${to}T00:00:00Z`) }
      const nights = await findAvailability(app.deps, { homestayId, ...range })
      expect(nights?.length).toBeGreaterThan(0)
      expect(nights?.some(({ isFree }) => isFree)).toBe(false)
    }
  })
})

describe('beside 100,000 orders', () => {
  test.override({ isDeployed: true })

  test('the nights of a homestay are found by an index of those that are held', async ({ app }) => {
    const sql = new Client({ connectionString: app.databaseUrl })
    sql.on('error', () => {})
    await sql.connect()
    await fillPayments(sql, 100_000)
    await sql.query(MANY_HOMESTAYS)
    await sql.query('VACUUM ANALYZE')
    const { rows } = await sql.query<{ homestayId: string }>(
      `SELECT "homestayId" FROM homestay_order WHERE "tradeState" = 'WAIT_USE' LIMIT 1`,
    )
    await sql.end()
    const homestayId = rows[0]?.homestayId ?? expect.fail('no order holds a night')

    for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
      const { db, scans } = openRecordedDatabase(app.databaseUrl, mode)
      const nights = await findAvailability({ ...app.deps, db }, { homestayId, from: day(0), to: day(92) })
      await db.$disconnect()

      expect(nights, mode).toHaveLength(92)
      expect(
        scans.filter(({ isSequential }) => isSequential),
        mode,
      ).toEqual([])
      expect(
        scans.map(({ reads }) => reads),
        mode,
      ).toEqual(expect.arrayContaining(['homestay_pkey', 'homestay_order_nights_held_once']))
      expect(Math.max(...scans.map(({ rows: read }) => read)), mode).toBeLessThanOrEqual(92)
    }
  })
})
