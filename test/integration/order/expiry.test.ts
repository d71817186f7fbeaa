import { expireOrders } from '../../../src/order/expire.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, orderOf, type Tapped } from '../../harness/fixtures.ts'
import { race, whileLocked } from '../../harness/race.ts'

/** Moves the stay so that the guest leaves `days` after today in Shanghai. */
async function leaveIn({ deps }: TestApp, sn: string, days: number): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = today + ${days}::int - 1, "liveEndDate" = today + ${days}::int
    FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS clock WHERE sn = ${sn}`
}

const stateOf = async ({ deps }: TestApp, { order }: Pick<Tapped, 'order'>) =>
  (await orderOf(deps, order.sn)).tradeState

const redeem = ({ deps }: TestApp, { order, hostUserId }: Tapped) =>
  redeemTradeCode(deps, { hostUserId, tradeCode: order.tradeCode ?? '' })

describe('an order that nobody used', () => {
  test('expires an unused order at 00:00 in Shanghai of its day of leaving, and not a day before', async ({ app }) => {
    const paid = await givenPaid(app)
    await leaveIn(app, paid.order.sn, 1)
    await expireOrders(app.deps)
    expect(await stateOf(app, paid)).toBe('WAIT_USE')
    await leaveIn(app, paid.order.sn, 0)
    await expireOrders(app.deps)
    expect(await stateOf(app, paid)).toBe('EXPIRED')
  })

  test('expires an order 40 days after its stay, once', async ({ app }) => {
    const paid = await givenPaid(app)
    await leaveIn(app, paid.order.sn, -40)
    expect(await expireOrders(app.deps)).toBe(false)
    expect(await stateOf(app, paid)).toBe('EXPIRED')
    await expireOrders(app.deps)
    await expect(redeem(app, paid)).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
    await expect(refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })).rejects.toMatchObject({
      code: 'ORDER_NOT_REFUNDABLE',
      tradeState: 'EXPIRED',
    })
  })

  test('redeems an order on the day before leaving, and does not expire it afterwards', async ({ app }) => {
    const paid = await givenPaid(app)
    await leaveIn(app, paid.order.sn, 1)
    await redeem(app, paid)
    await leaveIn(app, paid.order.sn, 0)
    await expireOrders(app.deps)
    expect(await stateOf(app, paid)).toBe('USED')
  })

  test('does not expire an order in REFUNDING', async ({ app }) => {
    const paid = await givenPaid(app)
    await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
    await leaveIn(app, paid.order.sn, 0)
    await expireOrders(app.deps)
    expect(await stateOf(app, paid)).toBe('REFUNDING')
  })

  test('does not expire an unpaid order', async ({ app }) => {
    const tapped = await givenTapped(app)
    await leaveIn(app, tapped.order.sn, 0)
    await expireOrders(app.deps)
    expect(await stateOf(app, tapped)).toBe('WAIT_PAY')
  })

  test('skips an order that is being redeemed, without waiting for it', async ({ app }) => {
    const paid = await givenPaid(app)
    await leaveIn(app, paid.order.sn, 0)
    const redeemed = await whileLocked(app, { table: 'homestay_order', key: paid.order.sn }, async (waiters) => {
      const use = redeem(app, paid)
      use.catch(() => {})
      await waiters(1)
      // The loop doesn't wait for the lock: it takes the orders that aren't locked and comes again.
      await expireOrders(app.deps)
      return () => use
    })
    expect(redeemed).toEqual({ sn: paid.order.sn })
    await expireOrders(app.deps)
    expect(await stateOf(app, paid)).toBe('USED')
  })

  test('refuses a redemption and a refund that waited for the lock while the order expired', async ({ app }) => {
    const paid = await givenPaid(app)
    await leaveIn(app, paid.order.sn, 0)
    const { sn } = paid.order
    // What the loop's statement does, but waiting for the row like the calls after it.
    const expire = async () =>
      void (await app.deps.db.homestayOrder.updateMany({
        where: { sn, tradeState: 'WAIT_USE' },
        data: { tradeState: 'EXPIRED' },
      }))
    const use = async () => void (await redeem(app, paid))
    const refund = () => refundHomestayOrder(app.deps, { userId: paid.guest.id, sn })

    const ended = await race(app, { table: 'homestay_order', key: sn }, [expire, use, refund])

    expect(ended).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'TRADE_CODE_INVALID' } },
      { status: 'rejected', reason: { code: 'ORDER_NOT_REFUNDABLE' } },
    ])
    expect(await app.deps.db.refund.count()).toBe(0)
  })
})
