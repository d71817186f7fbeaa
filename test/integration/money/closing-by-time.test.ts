import { createCloseLoop } from '../../../src/order/cancel.ts'
import { cancelUnpaid, closeAttempt } from '../../../src/payment/attempt/close.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshTapped, givenOrder, givenTapped, orderOf, paymentOf, payOnPhone } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { expectAhead, letPass, timed } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

const DEADLINE_AND_GRACE = 1800 + 31

describe('the close loop', () => {
  test('closes an unpaid order after its deadline and the grace period, by the database’s clock', async ({ app }) => {
    const tapped = await givenTapped(app)
    await letPass(app, DEADLINE_AND_GRACE - 60)
    await createCloseLoop(app.deps)()
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })

    await letPass(app, 60)
    await createCloseLoop(app.deps)()

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED', nextCloseAt: null })
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'CLOSED' })
  })

  test('cancels an overdue order that has no payment attempt', async ({ app }) => {
    const { order } = await givenOrder(app)
    await letPass(app, DEADLINE_AND_GRACE)
    await createCloseLoop(app.deps)()
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('applies the payment of an overdue order that turns out to be paid', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, tapped.params)
    await letPass(app, DEADLINE_AND_GRACE)
    await createCloseLoop(app.deps)()
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('retries an order after a minute when WeChat is unavailable, and closes the others at once', async ({ app }) => {
    const [stuck, other] = [await freshTapped(app), await freshTapped(app)]
    await letPass(app, DEADLINE_AND_GRACE)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', match: stuck.payment.sn })
    const closing = createCloseLoop(app.deps)

    const span = await timed(app, closing)
    const { tradeState, nextCloseAt } = await orderOf(app.deps, stuck.order.sn)
    expect(tradeState).toBe('WAIT_PAY')
    expectAhead(nextCloseAt, 60, span)
    expect(await orderOf(app.deps, other.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })

    app.sandbox.faults.clear()
    await letPass(app, 61)
    await closing()
    expect(await orderOf(app.deps, stuck.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test.for(['error', 'service-unavailable'] as const)(
    'raises an alert for an order that could not be closed for an hour (%s), since it still holds its nights',
    async (kind, { app }) => {
      const { payment } = await givenTapped(app)
      app.sandbox.faults.add({ endpoint: 'query', kind, code: 'ORDER_NOT_EXIST', match: payment.sn })
      const { deps, alarms } = withAlerts(app.deps)
      await letPass(app, DEADLINE_AND_GRACE)
      await createCloseLoop(deps)()
      expect(alarms).toEqual([])

      await letPass(app, 3_600)
      await createCloseLoop(deps)()
      expect(alarms).toEqual(['close'])
    },
  )

  test('stops querying WeChat after five orders in a row without an answer', async ({ app }) => {
    for (let count = 0; count < 8; count++) await freshTapped(app)
    await letPass(app, DEADLINE_AND_GRACE)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'reset-before' })
    const proxy = await openWechatProxy(app)

    const closing = createCloseLoop(proxy.deps)
    await closing()
    const queriedPayments = () => new Set(proxy.exchanges.map(({ path }) => path)).size
    expect(queriedPayments()).toBe(5)
    await closing()
    expect(queriedPayments()).toBe(5)
    await proxy.close()
  })

  test('sends WeChat the order’s deadline as time_expire, in whole seconds of Beijing time', async ({ app }) => {
    const { order, payment } = await givenTapped(app)
    const { time_expire: timeExpire } = JSON.parse(payment.prepayBody) as { time_expire: string }
    expect(timeExpire).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    expect(Date.parse(timeExpire)).toBe(order.payBefore.getTime())
    expect(order.payBefore.getTime() - order.createdAt.getTime()).toBeGreaterThan(1_798_000)
  })

  test('cancels the order of an attempt that was closed without it', async ({ app }) => {
    const tapped = await givenTapped(app)
    await closeAttempt(app.deps, tapped.payment)
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    const end = await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: tapped.order.sn })
    expect(end).toBe('CANCELLED')
  })
})
