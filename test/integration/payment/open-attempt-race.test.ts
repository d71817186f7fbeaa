import { cancelUnpaid, closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { queryByOutTradeNo } from '../../../src/wechat/pay.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { openConnections } from '../../harness/connections.ts'
import { freshOrder, freshTapped, paymentOf, tap } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

describe('concurrent taps', () => {
  test('two taps at once, from two processes, share one attempt', async ({ app }) => {
    const booked = await freshOrder(app)
    const other = await openConnections(app.databaseUrl, app.deps.log)
    const deps = { ...app.deps, ...other.connections }
    try {
      const taps = await race(app, { table: 'homestay_order', key: booked.order.sn }, [
        () => tap(app.deps, booked),
        () => tap(deps, booked),
      ])

      const numbers = taps.map((result) => (result.status === 'fulfilled' ? result.value.paymentSn : result.reason))
      const [attempt, ...more] = await app.deps.db.payment.findMany()
      expect(more).toEqual([])
      expect(numbers).toEqual([attempt?.sn, attempt?.sn])
    } finally {
      await other.close()
    }
  })
})

describe('a tap whose prepay is under way', () => {
  test('answers ORDER_NOT_PAYABLE when the order is cancelled during prepay, and closes the number again', async ({
    app,
  }) => {
    const booked = await freshOrder(app)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const tapped = Promise.allSettled([tap(proxy.deps, booked)])
    await prepay.answered

    const end = await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: booked.order.sn })
    prepay.release()

    expect(end).toBe('CANCELLED')
    expect(await tapped).toMatchObject([{ status: 'rejected', reason: { code: 'ORDER_NOT_PAYABLE' } }])
    const { sn, mchid, prepayId } = await app.deps.db.payment.findFirstOrThrow()
    expect(prepayId).toBeNull()
    expect(await queryByOutTradeNo(app.deps.wechat, { outTradeNo: sn, mchid })).toMatchObject({ tradeState: 'CLOSED' })
    expect(proxy.exchanges.filter(({ path }) => path.endsWith('/close'))).toHaveLength(1)
    await proxy.close()
  })

  test('answers ORDER_ALREADY_PAID when late money of an older attempt pays the order during prepay', async ({
    app,
  }) => {
    const older = await freshTapped(app)
    await closeAttempt(app.deps, older.payment)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const tapped = Promise.allSettled([tap(proxy.deps, older)])
    await prepay.answered

    await settle(app.deps, { transaction: paidReport(older.payment), source: 'NOTICE' })
    await applyToOrder(app.deps, { paymentSn: older.payment.sn })
    await closeAttempt(app.deps, await app.deps.db.payment.findFirstOrThrow({ where: { closedAt: null } }))
    prepay.release()

    const paid = { code: 'ORDER_ALREADY_PAID', paymentSn: older.payment.sn }
    expect(await tapped).toMatchObject([{ status: 'rejected', reason: paid }])
    await proxy.close()
  })

  test('opens another attempt in the same tap when its attempt is closed during prepay', async ({ app }) => {
    const booked = await freshOrder(app)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const tapped = tap(proxy.deps, booked)
    await prepay.answered
    const first = await app.deps.db.payment.findFirstOrThrow()

    await closeAttempt(app.deps, first)
    prepay.release()

    const { paymentSn } = await tapped
    expect(paymentSn).not.toBe(first.sn)
    expect(await paymentOf(app.deps, paymentSn)).toMatchObject({ status: 'PENDING', prepayId: expect.any(String) })
    await proxy.close()
  })

  test('answers ORDER_NOT_PAYABLE after a cancellation during prepay, even if the number can’t be closed', async ({
    app,
  }) => {
    const booked = await freshOrder(app)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const tapped = Promise.allSettled([tap(proxy.deps, booked)])
    await prepay.answered
    await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: booked.order.sn })
    app.sandbox.faults.add({ endpoint: 'close', kind: 'service-unavailable' })
    prepay.release()

    expect(await tapped).toMatchObject([{ status: 'rejected', reason: { code: 'ORDER_NOT_PAYABLE' } }])
    await proxy.close()
  })

  test('a cancellation starts again when the prepay succeeds before it has locked the order', async ({ app }) => {
    const booked = await freshOrder(app)
    const proxy = await openWechatProxy(app)
    const query = proxy.hold('?mchid=' + app.deps.config.wechat.pay.mchid)
    const prepay = proxy.hold('/jsapi')
    const tapped = tap(proxy.deps, booked)
    await prepay.answered
    const cancelled = cancelUnpaid(proxy.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: booked.order.sn })
    await query.answered

    prepay.release()
    await tapped
    query.release()

    expect(await cancelled).toBe('CANCELLED')
    expect((await snapshotOf(app.deps, booked.order.sn)).payments).toMatchObject([
      { status: 'CLOSED', marks: ['closedAt', 'prepayIdAt'] },
    ])
    await proxy.close()
  })

  test('answers ORDER_ALREADY_PAID when the payment is settled during prepay', async ({ app }) => {
    const tapped = await freshTapped(app)
    await app.deps.db.$executeRaw`UPDATE payment SET "prepayIdAt" = now() - interval '3 hours'`
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const second = Promise.allSettled([tap(proxy.deps, tapped)])
    await prepay.answered

    await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
    prepay.release()

    expect(await second).toMatchObject([{ status: 'rejected', reason: { code: 'ORDER_ALREADY_PAID' } }])
    await proxy.close()
  })

  test('answers ORDER_ALREADY_PAID when a mismatch is stored during prepay, and keeps the old prepay_id', async ({
    app,
  }) => {
    const tapped = await freshTapped(app)
    await app.deps.db.$executeRaw`UPDATE payment SET "prepayIdAt" = now() - interval '3 hours'`
    const { prepayIdAt } = await paymentOf(app.deps, tapped.payment.sn)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const second = Promise.allSettled([tap(proxy.deps, tapped)])
    await prepay.answered

    const transaction = paidReport(tapped.payment, { amount: amountOf(1) })
    expect(await settle(app.deps, { transaction, source: 'NOTICE' })).toMatchObject({ outcome: 'MISMATCH' })
    prepay.release()

    expect(await second).toMatchObject([{ status: 'rejected', reason: { code: 'ORDER_ALREADY_PAID' } }])
    const underReview = { status: 'PENDING', underReviewAt: expect.any(Date), prepayIdAt }
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject(underReview)
    await proxy.close()
  })
})
