import { vi } from 'vitest'
import { createRecheckLoop, refreshPayment } from '../../../src/payment/attempt/recheck.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenTapped, orderOf, paymentOf, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { eventsOf, givenCancelled, loseNotices } from '../../harness/money.ts'
import { LONG_MS } from '../../harness/patience.ts'
import { whileLocked } from '../../harness/race.ts'
import { expectAhead, letPass, prolongQueryInterval, secondsUntil, timed } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

/** Lets time pass until the payment is due, and rechecks it. @returns seconds from `from` to the next recheck. */
async function recheckWhenDue(app: TestApp, sn: string, from: 'createdAt' | 'closedAt'): Promise<number | null> {
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

describe('the recheck of pending payments', () => {
  test.override({ env: { PAYMENT_RECHECK_SECONDS: '5,15,40' } })

  test('rechecks a pending payment by the schedule, then again after every last offset', async ({ app }) => {
    // The database's clock counts: a process whose clock is wrong keeps to the schedule too.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const { payment } = await givenTapped(app).finally(() => vi.useRealTimers())
    const { nextRecheckAt, createdAt } = payment
    // Not exactly 5 s: createdAt is when the transaction began, and the schedule starts a little later within it.
    expect(Math.floor((Number(nextRecheckAt) - Number(createdAt)) / 5_000)).toBe(1)

    expect(await recheckWhenDue(app, payment.sn, 'createdAt')).toBe(15)
    expect(await recheckWhenDue(app, payment.sn, 'createdAt')).toBe(40)
    for (const _repeat of [1, 2]) {
      const span = await timed(app, () => recheckWhenDue(app, payment.sn, 'createdAt'))
      expectAhead((await paymentOf(app.deps, payment.sn)).nextRecheckAt, 40, span)
    }
  })

  test('does not recheck a payment that a reader has queried a moment ago', async ({ app }) => {
    const { payment } = await givenTapped(app)
    await prolongQueryInterval(app)
    await makeDue(app)
    const proxy = await openWechatProxy(app)

    await refreshPayment(proxy.deps, { sn: payment.sn, waitMs: LONG_MS })
    await createRecheckLoop(proxy.deps)()
    expect(proxy.exchanges).toHaveLength(1)

    await letPass(app, 63)
    await createRecheckLoop(proxy.deps)()
    expect(proxy.exchanges).toHaveLength(2)
    await proxy.close()
  })

  test('settles a payment whose notice was lost, and stops rechecking it', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)

    expect(await recheckWhenDue(app, payment.sn, 'createdAt')).toBeNull()

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', nextRecheckAt: null })
    expect(await eventsOf(app.deps, payment.sn)).toEqual(['PENDING by WX_PAY', 'SUCCESS by QUERY'])
  })

  test('two workers share the payments that are due, and query each once', async ({ app }) => {
    const tapped = []
    for (let count = 0; count < 12; count++) tapped.push(await freshTapped(app))
    await makeDue(app)
    const proxy = await openWechatProxy(app)
    // The first worker takes as many as it may, and waits for an answer while the second helps with the rest.
    const held = proxy.hold(`?mchid=${app.deps.config.wechat.pay.mchid}`)
    const first = createRecheckLoop(proxy.deps)()
    await held.answered
    await createRecheckLoop(proxy.deps)()
    held.release()
    await first
    await proxy.close()

    const queried = proxy.exchanges.map(({ path }) => path.split('?')[0]?.split('/').at(-1))
    expect(queried).toHaveLength(tapped.length)
    expect(new Set(queried)).toEqual(new Set(tapped.map(({ payment }) => payment.sn)))
  })

  test('skips a payment that another worker has locked, without waiting for it', async ({ app }) => {
    const [first, second] = [await freshTapped(app), await freshTapped(app)]
    await makeDue(app)

    await whileLocked(app, { table: 'payment', key: first.payment.sn }, async () => {
      await createRecheckLoop(app.deps)()
      return () => Promise.resolve()
    })

    expect((await paymentOf(app.deps, first.payment.sn)).lastQueriedAt).toBeNull()
    expect((await paymentOf(app.deps, second.payment.sn)).lastQueriedAt).not.toBeNull()
  })

  test('rechecks a claimed payment again when its query got no answer', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await makeDue(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    await createRecheckLoop(app.deps)()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', nextRecheckAt: expect.any(Date) })

    await recheckWhenDue(app, payment.sn, 'createdAt')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('closes an orphaned attempt, at WeChat too', async ({ app }) => {
    const { payment, order } = await givenTapped(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    await makeDue(app)

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
  })

  test('keeps rechecking, and doesn’t close, a payment whose trade_state is unknown', async ({ app }) => {
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

describe('the recheck of closed payments', () => {
  test('rechecks a closed payment after 1 min, 10 min, 2 h and 26 h, then no more', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    const { closedAt, nextRecheckAt } = await paymentOf(app.deps, payment.sn)
    expect(Number(nextRecheckAt) - Number(closedAt)).toBe(60_000)

    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBe(600)
    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBe(7_200)
    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBe(93_600)
    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBeNull()
  })

  test('repeats the last recheck of a closed payment until WeChat answers', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 93_601)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'system-error', times: 3 })

    const span = await timed(app, async () => {
      expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBeGreaterThan(93_600)
    })
    expectAhead((await paymentOf(app.deps, payment.sn)).nextRecheckAt, 600, span)
    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBeNull()
  })

  test('settles late money that a recheck finds after a day', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 86_400)
    loseNotices(app)
    app.sandbox.payLate(payment.sn)

    await recheckWhenDue(app, payment.sn, 'closedAt')

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', closedAt: expect.any(Date) })
  })

  test('keeps rechecking a closed payment while its trade_state is unknown', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    await letPass(app, 93_601)
    const known = app.sandbox.ledger.orders.get(payment.sn)
    if (!known) throw new Error('WeChat must know the order')
    app.sandbox.ledger.commit(['orders', { ...known, state: 'FROZEN' as typeof known.state }])
    expect(await recheckWhenDue(app, payment.sn, 'closedAt')).toBeGreaterThan(93_600)
  })

  test('closes a number again at WeChat that a late prepay reopened', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    const order = app.sandbox.ledger.orders.get(payment.sn)
    if (!order) throw new Error('WeChat must know the order')
    app.sandbox.ledger.commit(['orders', { ...order, state: 'NOTPAY' }])

    await recheckWhenDue(app, payment.sn, 'closedAt')

    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
  })
})

describe('a reader of a pending payment', () => {
  test('settles a pending payment on reading when WeChat answers in time', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)

    await refreshPayment(app.deps, { sn: payment.sn, waitMs: LONG_MS })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('waits at most a second for WeChat on reading, and still settles a later answer', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await letPass(app, 3)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold(`${payment.sn}?mchid=${payment.mchid}`)

    await refreshPayment(proxy.deps, { sn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })

    // The call is still under way: had it ended, its answer would be lost.
    held.release()
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    await proxy.close()
  })

  test('queries WeChat once in two seconds, however many read the payment', async ({ app }) => {
    const { payment } = await givenTapped(app)
    await prolongQueryInterval(app)
    const proxy = await openWechatProxy(app)
    const read = () => refreshPayment(proxy.deps, { sn: payment.sn, waitMs: LONG_MS })
    const read20 = () => Promise.all(Array.from({ length: 20 }, read))

    await read20()
    expect(proxy.exchanges).toHaveLength(1)
    await read20()
    expect(proxy.exchanges).toHaveLength(1)
    await letPass(app, 63)
    await read20()
    expect(proxy.exchanges).toHaveLength(2)
    await proxy.close()
  })

  test('reads a pending payment even when WeChat’s answer is signed wrongly', async ({ app }) => {
    const { payment, order } = await givenTapped(app)
    await letPass(app, 3)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'wrong-signature' })

    await refreshPayment(app.deps, { sn: payment.sn })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })
})
