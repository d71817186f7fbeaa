import { vi } from 'vitest'
import { createRecheckLoop, refreshPayment } from '../../../src/payment/attempt/recheck.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenTapped, orderOf, paymentOf, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { eventsOf, givenCancelled, loseNotices } from '../../harness/money.ts'
import { whileLocked } from '../../harness/race.ts'
import { letPass, secondsUntil } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

/** Lets time pass until the payment is due, and asks. @returns seconds from its making, or its close, to the next time. */
async function askWhenDue(app: TestApp, sn: string, from: 'createdAt' | 'closedAt'): Promise<number | null> {
  const due = await secondsUntil(app, (await paymentOf(app.deps, sn)).nextRecheckAt)
  await letPass(app, Math.max(0, Math.ceil(due)))
  await createRecheckLoop(app.deps)()
  const { nextRecheckAt, [from]: start } = await paymentOf(app.deps, sn)
  return nextRecheckAt && start ? Math.round((nextRecheckAt.getTime() - start.getTime()) / 1000) : null
}

async function makeDue({ deps }: TestApp): Promise<void> {
  await deps.db
    .$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s' WHERE "nextRecheckAt" IS NOT NULL`
}

describe('asking about pending payments', () => {
  test.override({ env: { PAYMENT_RECHECK_SECONDS: '5,15,40' } })

  test('keeps to the schedule, and repeats its last offset', async ({ app }) => {
    // A process whose clock is wrong keeps to it too: the database's clock counts.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const { payment } = await givenTapped(app).finally(() => vi.useRealTimers())
    const { nextRecheckAt, createdAt } = payment
    // From the instant of making, which lies within the transaction that the row's own instant begins.
    expect(Math.floor((Number(nextRecheckAt) - Number(createdAt)) / 5_000)).toBe(1)

    expect(await askWhenDue(app, payment.sn, 'createdAt')).toBe(15)
    expect(await askWhenDue(app, payment.sn, 'createdAt')).toBe(40)
    expect(await askWhenDue(app, payment.sn, 'createdAt')).toBeCloseTo(80, -1)
    expect(await askWhenDue(app, payment.sn, 'createdAt')).toBeCloseTo(120, -1)
  })

  test('leaves a payment to the reader who asked a moment ago', async ({ app }) => {
    const { payment } = await givenTapped(app)
    await makeDue(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })

    await refreshPayment(wire.deps, { sn: payment.sn })
    await createRecheckLoop(wire.deps)()
    expect(wire.exchanges).toHaveLength(1)

    await letPass(app, 3)
    await createRecheckLoop(wire.deps)()
    expect(wire.exchanges).toHaveLength(2)
    await wire.close()
  })

  test('finds the money whose notice was lost, and asks no more', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)

    expect(await askWhenDue(app, payment.sn, 'createdAt')).toBeNull()

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', nextRecheckAt: null })
    expect(await eventsOf(app.deps, payment.sn)).toEqual(['PENDING by WX_PAY', 'SUCCESS by QUERY'])
  })

  test('is shared by two workers: each payment is asked about once', async ({ app }) => {
    const tapped = []
    for (let count = 0; count < 12; count++) tapped.push(await freshTapped(app))
    await makeDue(app)
    const wire = await openWechatProxy(app, { totalMs: 10_000 })
    // One takes as many as it may, and waits for its first answer while the other takes the rest.
    const held = wire.hold(`?mchid=${app.deps.config.wechat.pay.mchid}`)
    const first = createRecheckLoop(wire.deps)()
    await held.answered
    expect(await createRecheckLoop(wire.deps)()).toBe(false)
    held.letGo()
    expect(await first).toBe(true)
    await wire.close()

    const asked = wire.exchanges.map(({ path }) => path.split('?')[0]?.split('/').at(-1))
    expect(asked).toHaveLength(tapped.length)
    expect(new Set(asked)).toEqual(new Set(tapped.map(({ payment }) => payment.sn)))
  })

  test('leaves out a payment that another worker is taking, and waits for nobody', async ({ app }) => {
    const [first, second] = [await freshTapped(app), await freshTapped(app)]
    await makeDue(app)

    await whileLocked(app, { table: 'payment', key: first.payment.sn }, async () => {
      await createRecheckLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect((await paymentOf(app.deps, first.payment.sn)).lastQueriedAt).toBeNull()
    expect((await paymentOf(app.deps, second.payment.sn)).lastQueriedAt).not.toBeNull()
  })

  test('loses nothing when the process dies between the claim and the answer', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await makeDue(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    await createRecheckLoop(app.deps)()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', nextRecheckAt: expect.any(Date) })

    await askWhenDue(app, payment.sn, 'createdAt')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('closes an attempt that no order waits for', async ({ app }) => {
    const { payment, order } = await givenTapped(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    await makeDue(app)

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
  })

  test('neither closes nor gives up a payment whose state at WeChat nobody knows', async ({ app }) => {
    const { payment, order } = await givenTapped(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    const known = app.sandbox.ledger.orders.get(payment.sn)
    if (!known) throw new Error('WeChat must know the order')
    app.sandbox.ledger.commit(['orders', { ...known, state: 'FROZEN' as typeof known.state }])
    await makeDue(app)

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', nextRecheckAt: expect.any(Date) })
  })
})

describe('asking about closed payments', () => {
  test('happens after 1 min, 10 min, 2 h and 26 h; then they are resolved', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    expect(Math.round(await secondsUntil(app, (await paymentOf(app.deps, payment.sn)).nextRecheckAt))).toBe(60)

    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBe(600)
    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBe(7_200)
    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBe(93_600)
    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBeNull()
  })

  test('is not over before the last question has its answer', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 93_601)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'system-error', times: 3 })

    const unanswered = await askWhenDue(app, payment.sn, 'closedAt')
    expect(unanswered).toBeGreaterThan(93_600)
    const { nextRecheckAt } = await paymentOf(app.deps, payment.sn)
    expect(Math.round((await secondsUntil(app, nextRecheckAt)) / 60)).toBe(10)
    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBeNull()
  })

  test('finds late money after a day', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 86_400)
    loseNotices(app)
    app.sandbox.payLate(payment.sn)

    await askWhenDue(app, payment.sn, 'closedAt')

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', closedAt: expect.any(Date) })
  })

  test('is not over while nobody knows the state that WeChat names', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 93_601)
    const known = app.sandbox.ledger.orders.get(payment.sn)
    if (!known) throw new Error('WeChat must know the order')
    app.sandbox.ledger.commit(['orders', { ...known, state: 'FROZEN' as typeof known.state }])
    expect(await askWhenDue(app, payment.sn, 'closedAt')).toBeGreaterThan(93_600)
  })

  test('closes a number again that a late prepay has opened at WeChat', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    const order = app.sandbox.ledger.orders.get(payment.sn)
    if (!order) throw new Error('WeChat must know the order')
    app.sandbox.ledger.commit(['orders', { ...order, state: 'NOTPAY' }])

    await askWhenDue(app, payment.sn, 'closedAt')

    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
  })
})

describe('a reader of a pending payment', () => {
  test('gets WeChat’s word when it comes in time', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)

    await refreshPayment(app.deps, { sn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('waits no longer than a second, and the word that comes later counts all the same', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await letPass(app, 3)
    const wire = await openWechatProxy(app, { totalMs: 10_000 })
    const held = wire.hold(`${payment.sn}?mchid=${payment.mchid}`)

    const begun = performance.now()
    await refreshPayment(wire.deps, { sn: payment.sn })
    const waitedMs = performance.now() - begun
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })
    expect(waitedMs).toBeGreaterThan(900)
    expect(waitedMs).toBeLessThan(2_000)

    held.letGo()
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    await wire.close()
  })

  test('is one of many that ask once in two seconds', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const read20 = () => Promise.all(Array.from({ length: 20 }, () => refreshPayment(wire.deps, { sn: payment.sn })))

    await read20()
    expect(wire.exchanges).toHaveLength(1)
    await read20()
    expect(wire.exchanges).toHaveLength(1)
    await letPass(app, 3)
    await read20()
    expect(wire.exchanges).toHaveLength(2)
    await wire.close()
  })

  test('never fails because WeChat does', async ({ app }) => {
    const { payment, order } = await givenTapped(app)
    await letPass(app, 3)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'wrong-signature' })

    await refreshPayment(app.deps, { sn: payment.sn })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })
})
