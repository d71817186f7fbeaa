import type { Homestay, User } from '../../../prisma/client/client.ts'
import { createHomestayOrder } from '../../../src/order/booking.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { keyOf } from '../../../src/order/idempotency.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf, type Change } from '../../harness/booking.ts'
import { dayFromNow, givenGuest, givenHomestay, orderOf } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'

interface Given {
  guest: User
  homestay: Homestay
  book: (change?: Change, guest?: User) => Promise<{ sn: string }>
}

async function givenBooking(app: TestApp): Promise<Given> {
  const guest = await givenGuest(app)
  const homestay = await givenHomestay(app)
  const book = async (change: Change = {}, by = guest) => {
    const input = bookingOf(homestay, { idempotencyKey: 'key-1', ...change })
    const { sn } = await createHomestayOrder(app.deps, { userId: by.id, ...input })
    return { sn }
  }
  return { guest, homestay, book }
}

describe('an idempotency key', () => {
  test('returns the same order for the same key and input, ignoring spaces around the remark', async ({ app }) => {
    const { book } = await givenBooking(app)
    const { sn } = await book({ remark: '晚到' })
    expect(await book({ remark: ' 晚到 ' })).toEqual({ sn })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('creates one order for three calls at once with the same key', async ({ app }) => {
    const { book, guest } = await givenBooking(app)
    const ended = await race(app, { table: 'user', key: guest.id }, [() => book(), () => book(), () => book()])
    const [order] = await app.deps.db.homestayOrder.findMany()
    expect(ended).toHaveLength(3)
    for (const end of ended) expect(end).toEqual({ status: 'fulfilled', value: { sn: order?.sn } })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('creates one order for two calls at once with the same key and other input, and refuses one', async ({
    app,
  }) => {
    const { book, guest } = await givenBooking(app)
    const ended = await race(app, { table: 'user', key: guest.id }, [() => book(), () => book({ needFood: true })])
    const refused = { reason: { code: 'IDEMPOTENCY_KEY_REUSED' } }
    expect(ended.toSorted((a, b) => (a.status < b.status ? -1 : 1))).toMatchObject([{ status: 'fulfilled' }, refused])
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test.for<[string, Change]>([
    ['another homestay', { homestayId: 'another' }],
    ['another arrival', { liveStartDate: dayFromNow(9) }],
    ['another departure', { liveEndDate: dayFromNow(12) }],
    ['another number of people', { livePeopleNum: 1 }],
    ['food', { needFood: true }],
    ['another remark', { remark: '晚到' }],
  ])('refuses a reused idempotency key with %s', async ([_what, change], { app }) => {
    const { book } = await givenBooking(app)
    await book()
    await expect(book(change)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('creates another order for another guest’s equal key', async ({ app }) => {
    const { book } = await givenBooking(app)
    const { sn } = await book()
    const days = { liveStartDate: dayFromNow(20), liveEndDate: dayFromNow(21) }
    const second = await book(days, await givenGuest(app, 'o_another'))
    expect(second.sn).not.toBe(sn)
  })

  test('returns a cancelled order for its key instead of a new one', async ({ app }) => {
    const { book, guest } = await givenBooking(app)
    const { sn } = await book()
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn })
    expect(await book()).toEqual({ sn })
    expect(await orderOf(app.deps, sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('returns the order for its key after its stay, off the shelf, and at the limit of unpaid orders', async ({
    app,
  }) => {
    const { book, homestay } = await givenBooking(app)
    const past = { liveStartDate: dayFromNow(-5), liveEndDate: dayFromNow(-4) }
    await expect(book(past)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    // As if it had been booked before those days.
    const { sn } = await bookedOn(app, book, past)
    await app.deps.db.homestay.update({ where: { id: homestay.id }, data: { onShelf: false } })
    app.deps.config = { ...app.deps.config, order: { ...app.deps.config.order, unpaidLimit: 1 } }
    expect(await book(past)).toEqual({ sn })
  })

  test.for(['', 'k'.repeat(65), 'a\u0000b'])(
    'refuses an idempotency key that isn’t 1 to 64 plain characters: %o',
    async (idempotencyKey, { app }) => {
      const { book } = await givenBooking(app)
      await expect(book({ idempotencyKey })).rejects.toMatchObject({ fields: [{ path: 'idempotencyKey' }] })
    },
  )
})

/** Books days to come, then stores the key and hash of a booking of `days`, as if those were over. */
async function bookedOn(app: TestApp, book: Given['book'], days: Change): Promise<{ sn: string }> {
  const { sn } = await book({ idempotencyKey: 'key-of-then' })
  const { homestayId } = await orderOf(app.deps, sn)
  const { idempotencyHash } = keyOf(bookingOf({ id: homestayId }, { idempotencyKey: 'key-1', ...days }))
  await app.deps.db.$executeRaw`ALTER TABLE homestay_order DISABLE TRIGGER "homestay_order_keep_facts"`
  await app.deps.db.homestayOrder.update({ where: { sn }, data: { idempotencyKey: 'key-1', idempotencyHash } })
  return { sn }
}
