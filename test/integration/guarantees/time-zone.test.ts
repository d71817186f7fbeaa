import { openDatabase } from '../../../src/infra/database.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookNights } from '../../harness/booking.ts'
import { givenGuest, givenHomestay, givenTapped, payOnPhone, tap, whenPayment } from '../../harness/fixtures.ts'

/** The app on a database whose time zone is Shanghai. */
async function inShanghai(app: TestApp): Promise<TestApp> {
  const url = new URL(app.databaseUrl)
  url.searchParams.set('options', '-c timezone=Asia/Shanghai')
  await app.deps.db.$executeRawUnsafe(`ALTER DATABASE "${url.pathname.slice(1)}" SET timezone = 'Asia/Shanghai'`)
  const db = openDatabase(url.href)
  const settleDb = openDatabase(app.databaseUrl)
  return { ...app, databaseUrl: url.href, deps: { ...app.deps, db, settleDb } }
}

async function close({ deps }: TestApp): Promise<void> {
  await Promise.all([deps.db.$disconnect(), deps.settleDb.$disconnect()])
}

describe('a database server set to Shanghai’s time', () => {
  test('stores and reads the same instants on a database server in Shanghai’s time zone', async ({ app }) => {
    const shanghai = await inShanghai(app)
    const before = Date.now() - 1_000
    const user = await shanghai.deps.db.user.create({ data: { nickname: '客人' } })
    const expiresAt = new Date('2030-05-01T12:34:56.789Z')
    const { id } = await shanghai.deps.db.session.create({ data: { userId: user.id, expiresAt } })

    expect(user.createdAt.getTime()).toBeGreaterThan(before)
    expect(user.createdAt.getTime()).toBeLessThan(Date.now() + 1_000)
    const session = await shanghai.deps.db.session.findUniqueOrThrow({ where: { id } })
    expect(session.expiresAt).toEqual(expiresAt)
    expect(
      await app.deps.db.$queryRaw`SELECT "expiresAt" = ${'2030-05-01T12:34:56.789Z'}::timestamptz AS same FROM session`,
    ).toEqual([{ same: true }])
    await close(shanghai)
  })

  test('keeps payment deadlines right on a database server in Shanghai’s time zone', async ({ app }) => {
    const shanghai = await inShanghai(app)
    const guest = await givenGuest(shanghai)
    const homestay = await givenHomestay(shanghai)
    const booked = { guest, hostUserId: homestay.hostUserId, order: await bookNights(shanghai, { guest, homestay }) }
    const { payment, params } = await givenTapped(shanghai, booked)
    await payOnPhone(shanghai, params)
    await whenPayment(shanghai.deps, payment.sn, 'SUCCESS')
    await applyToOrder(shanghai.deps, { paymentSn: payment.sn })
    expect(await shanghai.deps.db.homestayOrder.findUnique({ where: { sn: booked.order.sn } })).toMatchObject({
      tradeState: 'WAIT_USE',
    })

    const late = await bookNights(shanghai, { guest, homestay, from: 20, to: 21 })
    await shanghai.deps.db.homestayOrder.update({
      where: { sn: late.sn },
      data: { payBefore: new Date(Date.now() - 1_000) },
    })
    await expect(tap(shanghai.deps, { order: late, guest })).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await close(shanghai)
  })
})
