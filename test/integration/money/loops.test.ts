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

/** So many payments that are due to be asked about. */
async function givenDuePayments(app: TestApp, count: number): Promise<void> {
  await times(count, () => freshTapped(app))
  await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`
}

/** So many refunds that WeChat hasn't heard of. */
async function givenDueRefunds(app: TestApp, count: number) {
  const refunds = await times(count, async () => {
    const { payment, guest, order } = await givenPaid(app, await freshOrder(app))
    await refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    return newestRefund(app.deps, payment.sn)
  })
  loseNotices(app)
  return refunds
}

/** So many orders that nobody tapped, whose time to pay is over. */
async function givenLateOrders(app: TestApp, count: number) {
  const booked = await times(count, () => freshOrder(app))
  await letPass(app, DEADLINE_AND_GRACE)
  return booked.map(({ order }) => order)
}

describe('asking', () => {
  // Nothing is due again before the test is over.
  test.override({ env: { PAYMENT_RECHECK_SECONDS: '600' } })

  test('goes about its payments together', async ({ app }) => {
    await givenDuePayments(app, 2)
    const wire = await openWechatProxy(app, { totalMs: 10_000 })
    const held = wire.hold(`?mchid=${app.deps.config.wechat.pay.mchid}`)

    const asking = createRecheckLoop(wire.deps)()
    await held.answered
    await expect.poll(() => wire.exchanges).toHaveLength(2)

    held.letGo()
    await asking
    await wire.close()
  })

  test('takes ten at once, and says whether there is more', async ({ app }) => {
    await givenDuePayments(app, 11)
    const asking = createRecheckLoop(app.deps)
    expect([await asking(), await asking()]).toEqual([true, false])
  })
})

describe('refunding', () => {
  test('asks for the next refund once the last has its answer', async ({ app }) => {
    await givenDueRefunds(app, 2)
    const wire = await openWechatProxy(app, { totalMs: 10_000 })
    const held = wire.hold('/refunds')

    const refunding = createRefundLoop(wire.deps)()
    await held.answered
    expect(wire.exchanges).toHaveLength(1)

    held.letGo()
    await refunding
    expect(wire.exchanges).toHaveLength(2)
    await wire.close()
  })

  test('waits for nobody who holds a refund', async ({ app }) => {
    const [held, free] = await givenDueRefunds(app, 2)

    await whileLocked(app, { table: 'refund', key: held?.outRefundNo ?? '' }, async () => {
      await createRefundLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect(await newestRefund(app.deps, held?.paymentSn ?? '')).toMatchObject({ status: 'REQUESTED', advanceCount: 0 })
    expect(await newestRefund(app.deps, free?.paymentSn ?? '')).toMatchObject({ advanceCount: 1 })
  })
})

describe('closing', () => {
  test('takes ten orders at once, says whether there is more, and closes twenty a second', async ({ app }) => {
    await givenLateOrders(app, 21)
    const cancelled = () => app.deps.db.homestayOrder.count({ where: { tradeState: 'CANCELLED' } })
    const clock = stopClock()
    const closing = createCloseLoop(app.deps)

    expect([await closing(), await closing(), await closing()]).toEqual([true, true, false])
    expect(await cancelled()).toBe(20)

    clock.forward(1)
    expect(await closing()).toBe(false)
    expect(await cancelled()).toBe(21)
  })

  test('waits for nobody who holds an order', async ({ app }) => {
    const [held, free] = await givenLateOrders(app, 2)

    await whileLocked(app, { table: 'homestay_order', key: held?.sn ?? '' }, async () => {
      await createCloseLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect(await orderOf(app.deps, held?.sn ?? '')).toMatchObject({ tradeState: 'WAIT_PAY', nextCloseAt: null })
    expect(await orderOf(app.deps, free?.sn ?? '')).toMatchObject({ tradeState: 'CANCELLED' })
  })
})
