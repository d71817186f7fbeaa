import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { type Booked, freshTapped, givenOrder, orderOf, paymentOf, tap, whenPayment } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { race, whileLocked } from '../../harness/race.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

function cancel({ deps }: Pick<TestApp, 'deps'>, { guest, order }: Pick<Booked, 'guest' | 'order'>): Promise<unknown> {
  return cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn })
}

/** An attempt whose number WeChat doesn't know, old enough that no prepay can be under way. */
async function givenUnknownNumber(app: TestApp) {
  const booked = await givenOrder(app)
  app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
  await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE', retryable: false })
  await letPass(app, 120)
  const payment = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
  return { ...booked, payment }
}

describe('a cancellation', () => {
  test('a cancellation that queried an older attempt closes the newer one at WeChat too', async ({ app }) => {
    const { payment: older, ...booked } = await givenUnknownNumber(app)
    const proxy = await openWechatProxy(app)
    const query = proxy.hold(`${older.sn}?mchid=${older.mchid}`)
    const cancelling = cancel(proxy, booked)
    await query.answered
    await closeAttempt(app.deps, older)
    const prepay = proxy.hold('/jsapi')
    const tapping = Promise.allSettled([tap(proxy.deps, booked)])
    await prepay.answered
    const newer = await app.deps.db.payment.findFirstOrThrow({ where: { closedAt: null } })
    // Like the older one: neither has its prepay_id yet.
    expect(newer.prepayId).toBeNull()

    query.release()
    await cancelling

    expect(app.sandbox.ledger.orders.get(newer.sn)?.state).toBe('CLOSED')
    prepay.release()
    expect(await tapping).toMatchObject([{ status: 'rejected', reason: { code: 'ORDER_NOT_PAYABLE' } }])
    await proxy.close()
  })

  test('refuses a cancellation that waited for the lock while late money paid the order', async ({ app }) => {
    const tapped = await freshTapped(app)
    await closeAttempt(app.deps, tapped.payment)
    app.sandbox.payLate(tapped.payment.sn)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')

    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn }),
      () => cancel(app, tapped),
    ])

    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' } },
    ])
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ paidBySn: tapped.payment.sn })
  })
})

describe('closing an orphaned attempt', () => {
  const reports = [
    ['a payment', {}, { status: 'SUCCESS' }],
    ['a mismatch', { amount: amountOf(10_000) }, { status: 'PENDING', underReviewAt: expect.any(Date) }],
  ] as const

  test.for(reports)(
    'does not close an attempt when %s is settled before its commit',
    async ([, change, facts], { app }) => {
      const { order, payment } = await freshTapped(app)
      loseNotices(app)

      await whileLocked(app, { table: 'homestay_order', key: order.sn }, async (waiters) => {
        const closing = closeAttempt(app.deps, payment)
        await waiters(1)
        await settle(app.deps, { transaction: paidReport(payment, change), source: 'NOTICE' })
        return () => closing
      })

      expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ ...facts, closedAt: null, version: 2 })
    },
  )
})
