import { openDatabase } from '../../../src/infra/database.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookNights } from '../../harness/booking.ts'
import { givenGuest, givenHomestay, givenTapped, payOnPhone, tap, whenPayment } from '../../harness/fixtures.ts'

/** The app on a database server that is set to Shanghai's time. */
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
  test('keeps and tells the same instants', async ({ app }) => {
    const abroad = await inShanghai(app)
    const before = Date.now() - 1_000
    const user = await abroad.deps.db.user.create({ data: { nickname: '客人' } })
    const expiresAt = new Date('2030-05-01T12:34:56.789Z')
    const { id } = await abroad.deps.db.session.create({ data: { userId: user.id, expiresAt } })

    expect(user.createdAt.getTime()).toBeGreaterThan(before)
    expect(user.createdAt.getTime()).toBeLessThan(Date.now() + 1_000)
    const told = await abroad.deps.db.session.findUniqueOrThrow({ where: { id } })
    expect(told.expiresAt).toEqual(expiresAt)
    expect(
      await app.deps.db.$queryRaw`SELECT "expiresAt" = ${'2030-05-01T12:34:56.789Z'}::timestamptz AS same FROM session`,
    ).toEqual([{ same: true }])
    await close(abroad)
  })

  test('lets an order be paid until its deadline and no longer', async ({ app }) => {
    const abroad = await inShanghai(app)
    const guest = await givenGuest(abroad)
    const homestay = await givenHomestay(abroad)
    const booked = { guest, hostUserId: homestay.hostUserId, order: await bookNights(abroad, { guest, homestay }) }
    const { payment, params } = await givenTapped(abroad, booked)
    await payOnPhone(abroad, params)
    await whenPayment(abroad.deps, payment.sn, 'SUCCESS')
    await applyToOrder(abroad.deps, { paymentSn: payment.sn })
    expect(await abroad.deps.db.homestayOrder.findUnique({ where: { sn: booked.order.sn } })).toMatchObject({
      tradeState: 'WAIT_USE',
    })

    const late = await bookNights(abroad, { guest, homestay, from: 20, to: 21 })
    await abroad.deps.db.homestayOrder.update({
      where: { sn: late.sn },
      data: { payBefore: new Date(Date.now() - 1_000) },
    })
    await expect(tap(abroad.deps, { order: late, guest })).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await close(abroad)
  })
})
