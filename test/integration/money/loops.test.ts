import { cancelHomestayOrder, createCloseLoop } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenPaid, orderOf } from '../../harness/fixtures.ts'
import { loseNotices, newestRefund } from '../../harness/money.ts'
import { whileLocked } from '../../harness/race.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

const DEADLINE_AND_GRACE = 1_800 + 31

/** What the recheck loop may begin at once. */
const RECHECK_BURST = 113

/** Runs a loop until it has met a rate that is spent, then stops it, and gives the rate back. */
async function whileRateIsSpent(
  { deps: { db } }: TestApp,
  name: string,
  run: (stopping: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController()
  // More than drains while the test runs.
  await db.sharedRate.create({ data: { name, spent: 1e9, granted: 1, at: new Date() } })
  const running = run(stop.signal)
  await expect.poll(() => db.sharedRate.findUniqueOrThrow({ where: { name } })).toMatchObject({ granted: 0 })
  stop.abort()
  await running
  await db.sharedRate.deleteMany()
}

/** Leaves one of the rate to whoever asks first. */
async function leaveOneOf({ deps: { db } }: TestApp, name: string, burst: number): Promise<void> {
  // It doesn't drain until then.
  const at = new Date(Date.now() + 86_400_000)
  await db.sharedRate.create({ data: { name, spent: burst - 1, granted: 1, at } })
}

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

  test('the recheck loop queries all payments that are due in one run', async ({ app }) => {
    await givenDuePayments(app, 11)
    await createRecheckLoop(app.deps)()
    expect(await app.deps.db.payment.count({ where: { lastQueriedAt: null } })).toBe(0)
  })

  test('recheck loops of two processes share the payments, and query each once', async ({ app }) => {
    await givenDuePayments(app, 11)
    const proxy = await openWechatProxy(app)
    await Promise.all([createRecheckLoop(proxy.deps)(), createRecheckLoop(proxy.deps)()])
    expect(proxy.exchanges).toHaveLength(11)
    expect(new Set(proxy.exchanges.map(({ path }) => path)).size).toBe(11)
    await proxy.close()
  })

  test('the recheck loop leaves payments as they are while the merchant’s rate is spent', async ({ app }) => {
    await givenDuePayments(app, 2)
    await whileRateIsSpent(app, 'recheck', (stopping) => createRecheckLoop(app.deps)(stopping))
    expect(await app.deps.db.payment.count({ where: { lastQueriedAt: null } })).toBe(2)

    await createRecheckLoop(app.deps)()
    expect(await app.deps.db.payment.count({ where: { lastQueriedAt: null } })).toBe(0)
  })

  test('the recheck loop queries pending payments before closed ones', async ({ app }) => {
    const [closed, pending] = await times(2, () => freshTapped(app))
    await cancelHomestayOrder(app.deps, { userId: closed?.guest.id ?? '', sn: closed?.order.sn ?? '' })
    await app.deps.db.$executeRaw`
      UPDATE payment SET "lastQueriedAt" = NULL,
        "nextRecheckAt" = now() - CASE status WHEN 'CLOSED' THEN interval '1 h' ELSE interval '1 s' END`
    await leaveOneOf(app, 'recheck', RECHECK_BURST)
    const proxy = await openWechatProxy(app)

    await createRecheckLoop(proxy.deps)()

    expect(proxy.exchanges.map(({ path }) => path.split('?')[0]?.split('/').at(-1))).toEqual([
      pending?.payment.sn,
      closed?.payment.sn,
    ])
    await proxy.close()
  })

  test('the recheck loop queries a closed payment before the last of many pending ones', async ({ app }) => {
    const { order, guest, payment } = await freshTapped(app)
    await times(16, () => freshTapped(app))
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await app.deps.db.$executeRaw`UPDATE payment SET "lastQueriedAt" = NULL, "nextRecheckAt" = now() - interval '1 s'`
    const proxy = await openWechatProxy(app)

    await createRecheckLoop(proxy.deps)()

    expect(proxy.exchanges).toHaveLength(17)
    // By the claims: the calls of one claim may arrive in any order.
    const later = await app.deps.db.$queryRaw`
      SELECT 1 FROM payment WHERE "lastQueriedAt" > (SELECT "lastQueriedAt" FROM payment WHERE sn = ${payment.sn})`
    expect(later).not.toEqual([])
    await proxy.close()
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
  test('the close loop closes all orders that are due, while WeChat is slow to answer about one', async ({ app }) => {
    const [slow] = await times(4, () => freshTapped(app))
    await givenOverdueOrders(app, 7)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold(`${slow?.payment.sn}?mchid=${app.deps.config.wechat.pay.mchid}`)
    const cancelled = () => app.deps.db.homestayOrder.count({ where: { tradeState: 'CANCELLED' } })

    const closing = createCloseLoop(proxy.deps)()
    await held.answered
    await expect.poll(cancelled).toBe(10)

    held.release()
    await closing
    expect(await cancelled()).toBe(11)
    await proxy.close()
  })

  test('the close loop leaves orders as they are while the merchant’s rate is spent', async ({ app }) => {
    const [order] = await givenOverdueOrders(app, 1)
    await whileRateIsSpent(app, 'close', (stopping) => createCloseLoop(app.deps)(stopping))
    expect(await orderOf(app.deps, order?.sn ?? '')).toMatchObject({ tradeState: 'WAIT_PAY', nextCloseAt: null })

    await createCloseLoop(app.deps)()
    expect(await orderOf(app.deps, order?.sn ?? '')).toMatchObject({ tradeState: 'CANCELLED' })
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
