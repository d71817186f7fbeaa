import type { Homestay } from '../../../prisma/client/client.ts'
import { createHomestayOrder } from '../../../src/order/booking.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf, bookNights } from '../../harness/booking.ts'
import { dayFromNow, givenGuest, givenHomestay, orderOf } from '../../harness/fixtures.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { race } from '../../harness/race.ts'

describe('a booking', () => {
  test('creates an order in WAIT_PAY with its prices', async ({ app }) => {
    const guest = await givenGuest(app)
    const homestay = await givenHomestay(app, { pricedBy: 'PERSON_NIGHT' })
    const change = { livePeopleNum: 3, needFood: true, remark: ' 晚到 ' }

    const order = await bookNights(app, { guest, homestay, from: 0, to: 2, change })

    expect(order).toMatchObject({
      userId: guest.id,
      tradeState: 'WAIT_PAY',
      pricedBy: 'PERSON_NIGHT',
      homestayPrice: 12_800,
      foodPrice: 3_000,
      homestayTotalPrice: 12_800 * 2 * 3,
      foodTotalPrice: 3_000 * 2 * 3,
      orderTotalPrice: 94_800,
      liveStartDate: new Date(`${dayFromNow(0)}T00:00:00Z`),
      liveEndDate: new Date(`${dayFromNow(2)}T00:00:00Z`),
      livePeopleNum: 3,
      needFood: true,
      remark: '晚到',
      tradeCode: null,
      paidBySn: null,
    })
  })

  test('sets the order’s deadline to ORDER_PAY_SECONDS, in whole seconds', async ({ app }) => {
    const order = await bookNights(app, { guest: await givenGuest(app), homestay: await givenHomestay(app) })
    const seconds = (order.payBefore.getTime() - order.createdAt.getTime()) / 1_000
    expect(order.payBefore.getMilliseconds()).toBe(0)
    expect(seconds).toBeGreaterThan(1_799 - 1)
    expect(seconds).toBeLessThanOrEqual(1_800 + 1)
  })

  test('keeps in the order what was sold when the homestay changes', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const order = await bookNights(app, { guest: await givenGuest(app), homestay })
    const change = { title: '改名', homestayPrice: 1, foodPrice: 1, pricedBy: 'PERSON_NIGHT' as const, peopleNum: 1 }
    await app.deps.db.homestay.update({ where: { id: homestay.id }, data: { ...change, onShelf: false } })
    expect(await orderOf(app.deps, order.sn)).toEqual(order)
    expect(order).toMatchObject({ title: homestay.title, cover: homestay.cover, info: homestay.info })
  })

  test('refuses more people than the homestay sleeps', async ({ app }) => {
    const given = { guest: await givenGuest(app), homestay: await givenHomestay(app, { peopleNum: 4 }) }
    await bookNights(app, { ...given, change: { livePeopleNum: 4 } })
    await expect(bookNights(app, { ...given, from: 20, change: { livePeopleNum: 5 } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'livePeopleNum', text: { en: expect.stringContaining('4 at the most') } }],
    })
  })

  test('refuses an order that costs more than one payment can hold', async ({ app }) => {
    const guest = await givenGuest(app)
    const dear = (homestayPrice: number) => givenHomestay(app, { homestayPrice, foodPrice: 0 })
    await bookNights(app, { guest, homestay: await dear(2_147_483_647) })
    await expect(bookNights(app, { guest, homestay: await dear(2_147_483_647), to: 12 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'liveEndDate' }],
    })
  })

  test('answers NOT_FOUND for a homestay that is off the shelf or does not exist', async ({ app }) => {
    const guest = await givenGuest(app)
    const offShelf = await givenHomestay(app, { onShelf: false })
    for (const homestay of [offShelf, { ...offShelf, id: 'nobody' }]) {
      await expect(bookNights(app, { guest, homestay })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    expect(await app.deps.db.homestayOrder.count()).toBe(0)
  })

  test('refuses a stay that starts before today in Shanghai', async ({ app }) => {
    const given = { guest: await givenGuest(app), homestay: await givenHomestay(app) }
    await bookNights(app, { ...given, from: 0 })
    await expect(bookNights(app, { ...given, from: -1 })).rejects.toMatchObject({ fields: [{ path: 'liveStartDate' }] })
  })
})

/** Books while the change is uncommitted, and commits it once the booking waits for it. */
async function bookDuring(app: TestApp, change: Partial<Homestay>) {
  const { db } = app.deps
  const guest = await givenGuest(app)
  const homestay = await givenHomestay(app)
  const { booked } = await db.$transaction(async (tx) => {
    await tx.homestay.update({ where: { id: homestay.id }, data: change })
    const booked = createHomestayOrder(app.deps, { userId: guest.id, ...bookingOf(homestay) })
    booked.catch(() => {})
    // Not through `tx`: inside a transaction pg_stat_activity does not change.
    await expect.poll(() => db.$queryRawUnsafe(WAITING_FOR_LOCK.replace('pid', 'pid::int'))).toHaveLength(1)
    return { booked }
  })
  return booked
}

describe('a booking while the host changes the homestay', () => {
  test('is made at the new price', async ({ app }) => {
    const change = { homestayPrice: 20_000, title: '改名' }
    expect(await bookDuring(app, change)).toMatchObject({ ...change, orderTotalPrice: 20_000 })
  })

  test('is refused by the new rules', async ({ app }) => {
    await expect(bookDuring(app, { peopleNum: 1 })).rejects.toMatchObject({ fields: [{ path: 'livePeopleNum' }] })
  })

  test('is refused once the homestay is off the shelf', async ({ app }) => {
    await expect(bookDuring(app, { onShelf: false })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await app.deps.db.homestayOrder.count()).toBe(0)
  })
})

describe('a booking that may be paid for days', () => {
  test.override({ env: { ORDER_PAY_SECONDS: '604800' } })

  test('sets the deadline to the start of the last day at the latest', async ({ app }) => {
    const given = { guest: await givenGuest(app), homestay: await givenHomestay(app) }
    const order = await bookNights(app, { ...given, from: 0, to: 2 })
    expect(order.payBefore.toISOString()).toBe(`${dayFromNow(1)}T16:00:00.000Z`)
  })
})

describe('the limit of unpaid orders', () => {
  test('refuses one of six bookings at once, at a limit of five unpaid orders', async ({ app }) => {
    const guest = await givenGuest(app)
    const homestays = await Promise.all(Array.from({ length: 6 }, () => givenHomestay(app)))
    const calls = homestays.map(
      (homestay) => () => createHomestayOrder(app.deps, { userId: guest.id, ...bookingOf(homestay) }),
    )

    const ended = await race(app, { table: 'user', key: guest.id }, calls)

    expect(ended.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill('fulfilled'), 'rejected'])
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'TOO_MANY_UNPAID_ORDERS' },
    })
    expect(await app.deps.db.homestayOrder.count()).toBe(5)
  })

  test('counts only the guest’s own unpaid orders against the limit', async ({ app }) => {
    const guest = await givenGuest(app)
    const homestay = await givenHomestay(app)
    for (let night = 0; night < 5; night++) await bookNights(app, { guest, homestay, from: 10 + night })
    const another = await givenGuest(app, 'o_another')
    await bookNights(app, { guest: another, homestay, from: 20 })
    await expect(bookNights(app, { guest, homestay, from: 21 })).rejects.toMatchObject({
      code: 'TOO_MANY_UNPAID_ORDERS',
    })
    const [first] = await app.deps.db.homestayOrder.findMany({ where: { userId: guest.id }, take: 1 })
    await app.deps.db.homestayOrder.update({ where: { sn: first?.sn ?? '' }, data: { tradeState: 'CANCELLED' } })
    await bookNights(app, { guest, homestay, from: 21 })
  })
})
