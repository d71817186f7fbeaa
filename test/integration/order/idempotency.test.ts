import type { Homestay, User } from '../../../prisma/client/client.ts'
import { createHomestayOrder } from '../../../src/order/booking.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { keyOf } from '../../../src/order/idempotency.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf, type Change } from '../../harness/booking.ts'
import { dayFromNow, givenGuest, givenHomestay, orderOf } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'

interface Scene {
  guest: User
  homestay: Homestay
  book: (change?: Change, guest?: User) => Promise<{ sn: string }>
}

async function givenScene(app: TestApp): Promise<Scene> {
  const guest = await givenGuest(app)
  const homestay = await givenHomestay(app)
  const book = (change: Change = {}, by = guest) =>
    createHomestayOrder(app.deps, { userId: by.id, ...bookingOf(homestay, { idempotencyKey: 'key-1', ...change }) })
  return { guest, homestay, book }
}

describe('an idempotency key', () => {
  test('answers the same order for the same input, however the remark is spaced', async ({ app }) => {
    const { book } = await givenScene(app)
    const { sn } = await book({ remark: '晚到' })
    expect(await book({ remark: ' 晚到 ' })).toEqual({ sn })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('makes one order of calls at once from several connections', async ({ app }) => {
    const { book, guest } = await givenScene(app)
    const ended = await race(app, { table: 'user', key: guest.id }, [() => book(), () => book(), () => book()])
    const [order] = await app.deps.db.homestayOrder.findMany()
    expect(ended).toHaveLength(3)
    for (const end of ended) expect(end).toEqual({ status: 'fulfilled', value: { sn: order?.sn } })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test.for<[string, Change]>([
    ['another homestay', { homestayId: 'another' }],
    ['another arrival', { liveStartDate: dayFromNow(9) }],
    ['another leaving', { liveEndDate: dayFromNow(12) }],
    ['other people', { livePeopleNum: 1 }],
    ['food', { needFood: true }],
    ['another remark', { remark: '晚到' }],
  ])('is refused with %s', async ([_what, change], { app }) => {
    const { book } = await givenScene(app)
    await book()
    await expect(book(change)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('of another guest is another key', async ({ app }) => {
    const { book } = await givenScene(app)
    const { sn } = await book()
    const days = { liveStartDate: dayFromNow(20), liveEndDate: dayFromNow(21) }
    const second = await book(days, await givenGuest(app, 'o_another'))
    expect(second.sn).not.toBe(sn)
  })

  test('answers the order in its present state, cancelled, say', async ({ app }) => {
    const { book, guest } = await givenScene(app)
    const { sn } = await book()
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn })
    expect(await book()).toEqual({ sn })
    expect(await orderOf(app.deps, sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('answers its order for ever: after its days, off the shelf, and at the limit of unpaid orders', async ({
    app,
  }) => {
    const { book, homestay } = await givenScene(app)
    const past = { liveStartDate: dayFromNow(-5), liveEndDate: dayFromNow(-4) }
    await expect(book(past)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    // As if it had been booked before those days.
    const { sn } = await bookedOn(app, book, past)
    await app.deps.db.homestay.update({ where: { id: homestay.id }, data: { onShelf: false } })
    app.deps.config = { ...app.deps.config, order: { ...app.deps.config.order, unpaidLimit: 1 } }
    expect(await book(past)).toEqual({ sn })
  })

  test.for(['', 'k'.repeat(65), 'a\u0000b'])(
    'of no 1 to 64 plain characters is refused: %o',
    async (idempotencyKey, { app }) => {
      const { book } = await givenScene(app)
      await expect(book({ idempotencyKey })).rejects.toMatchObject({ fields: [{ path: 'idempotencyKey' }] })
    },
  )
})

/** Snapshot for days to come and lets the time pass: order and key are then of days that are over. */
async function bookedOn(app: TestApp, book: Scene['book'], days: Change): Promise<{ sn: string }> {
  const { sn } = await book({ idempotencyKey: 'key-of-then' })
  const { homestayId } = await orderOf(app.deps, sn)
  const { idempotencyHash } = keyOf(bookingOf({ id: homestayId }, { idempotencyKey: 'key-1', ...days }))
  await app.deps.db.$executeRaw`ALTER TABLE homestay_order DISABLE TRIGGER "homestay_order_keep_facts"`
  await app.deps.db.homestayOrder.update({ where: { sn }, data: { idempotencyKey: 'key-1', idempotencyHash } })
  return { sn }
}
