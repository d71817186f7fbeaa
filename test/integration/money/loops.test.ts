import { createCloseLoop } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenPaid, orderOf } from '../../harness/fixtures.ts'
import { loseNotices, newestRefund } from '../../harness/money.ts'
import { whileLocked } from '../../harness/race.ts'
import { letPass, stopClock } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

const DEADLINE_AND_GRACE = 1_800 + 31

async function times<Item>(count: number, make: () => Promise<Item>): Promise<Item[]> {
  const made: Item[] = []
  while (made.length < count) made.push(await make())
  return made
}

/** `count` payments that are due for a recheck. */
async function givenDuePayments(app: TestApp, count: number): Promise<void> {
  await times(count, () => freshTapped(app))
  await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`
}

/** `count` refunds that WeChat hasn't received yet. */
async function givenDueRefunds(app: TestApp, count: number) {
  const refunds = await times(count, async () => {
    const { payment, guest, order } = await givenPaid(app, await freshOrder(app))
    await refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    return newestRefund(app.deps, payment.sn)
  })
  loseNotices(app)
  return refunds
}

/** `count` orders without an attempt, whose time to pay is over. */
async function givenOverdueOrders(app: TestApp, count: number) {
  const booked = await times(count, () => freshOrder(app))
  await letPass(app, DEADLINE_AND_GRACE)
  return booked.map(({ order }) => order)
}

describe('the recheck loop', () => {
  // So that nothing is due again before the test ends.
  test.override({ env: { PAYMENT_RECHECK_SECONDS: '600' } })

  test('the recheck loop queries its payments concurrently', async ({ app }) => {
    await givenDuePayments(app, 2)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold(`?mchid=${app.deps.config.wechat.pay.mchid}`)

    const rechecking = createRecheckLoop(proxy.deps)()
    await held.answered
    await expect.poll(() => proxy.exchanges).toHaveLength(2)

    held.release()
    await rechecking
    await proxy.close()
  })

  test('the recheck loop takes ten payments a run, and reports whether more are due', async ({ app }) => {
    await givenDuePayments(app, 11)
    const recheck = createRecheckLoop(app.deps)
    expect([await recheck(), await recheck()]).toEqual([true, false])
  })
})

describe('the refund loop', () => {
  test('the refund loop sends the next refund once the last one is answered', async ({ app }) => {
    await givenDueRefunds(app, 2)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold('/refunds')

    const run = createRefundLoop(proxy.deps)()
    await held.answered
    expect(proxy.exchanges).toHaveLength(1)

    held.release()
    await run
    expect(proxy.exchanges).toHaveLength(2)
    await proxy.close()
  })

  test('the refund loop skips a refund that is locked, without waiting for it', async ({ app }) => {
    const [locked, free] = await givenDueRefunds(app, 2)

    await whileLocked(app, { table: 'refund', key: locked?.outRefundNo ?? '' }, async () => {
      await createRefundLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect(await newestRefund(app.deps, locked?.paymentSn ?? '')).toMatchObject({
      status: 'REQUESTED',
      advanceCount: 0,
    })
    expect(await newestRefund(app.deps, free?.paymentSn ?? '')).toMatchObject({ advanceCount: 1 })
  })
})

describe('the close loop', () => {
  test('the close loop takes ten orders a run, reports whether more are due, and closes twenty a second', async ({
    app,
  }) => {
    await givenOverdueOrders(app, 21)
    const cancelled = () => app.deps.db.homestayOrder.count({ where: { tradeState: 'CANCELLED' } })
    const clock = stopClock()
    const close = createCloseLoop(app.deps)

    expect([await close(), await close(), await close()]).toEqual([true, true, false])
    expect(await cancelled()).toBe(20)

    clock.forward(1)
    expect(await close()).toBe(false)
    expect(await cancelled()).toBe(21)
  })

  test('the close loop skips an order that is locked, without waiting for it', async ({ app }) => {
    const [locked, free] = await givenOverdueOrders(app, 2)

    await whileLocked(app, { table: 'homestay_order', key: locked?.sn ?? '' }, async () => {
      await createCloseLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect(await orderOf(app.deps, locked?.sn ?? '')).toMatchObject({ tradeState: 'WAIT_PAY', nextCloseAt: null })
    expect(await orderOf(app.deps, free?.sn ?? '')).toMatchObject({ tradeState: 'CANCELLED' })
  })
})
