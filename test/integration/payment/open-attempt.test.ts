import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { buildPrepayBody } from '../../../src/wechat/prepay-body.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { freshOrder, givenGuest, orderOf, paymentOf, payOnPhone, tap, whenPayment } from '../../harness/fixtures.ts'
import { paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { stopClock } from '../../harness/time.ts'
import { openWechatProxy, type WechatProxy } from '../../harness/wechat-proxy.ts'

const test = base.extend<{ proxy: WechatProxy }>({
  proxy: async ({ app }, use) => {
    const proxy = await openWechatProxy(app)
    await use(proxy)
    await proxy.close()
  },
})

/** Moves the time of the last prepay answer back by so many minutes. */
function agePrepayId(app: TestApp, sn: string, minutes: number) {
  return app.deps.db.$executeRaw`
    UPDATE payment SET "prepayIdAt" = "prepayIdAt" - make_interval(mins => ${minutes}) WHERE sn = ${sn}`
}

describe('wxPay', () => {
  test('opens one attempt and returns parameters that WeChat accepts', async ({ app }) => {
    const booked = await freshOrder(app)

    const params = await tap(app.deps, booked)

    expect(await payOnPhone(app, params)).toMatchObject({ transactionId: expect.any(String) })
    const payment = await whenPayment(app.deps, params.paymentSn, 'SUCCESS')
    expect(payment).toMatchObject({ orderSn: booked.order.sn, payTotal: booked.order.orderTotalPrice })
  })

  test('stores the prepay body byte for byte as it was sent, with the order’s deadline', async ({ app, proxy }) => {
    const { order, guest } = await freshOrder(app)
    const { mchid, appid, notifyUrl } = app.deps.config.wechat.pay

    const { paymentSn } = await tap(proxy.deps, { order, guest })

    const payment = await paymentOf(app.deps, paymentSn)
    expect(proxy.prepays().map(({ body }) => body)).toEqual([payment.prepayBody])
    expect(payment.prepayBody).toBe(
      buildPrepayBody({
        appid,
        mchid,
        notifyUrl,
        description: `民宿预订-${order.title}`,
        outTradeNo: paymentSn,
        timeExpire: order.payBefore,
        totalFen: order.orderTotalPrice,
        openid: guest.nickname,
      }),
    )
  })

  test('gives a second tap within a few seconds the same signed parameters', async ({ app, proxy }) => {
    stopClock()
    const booked = await freshOrder(app)
    const first = await tap(proxy.deps, booked)

    expect(await tap(proxy.deps, booked)).toEqual(first)
    expect(await payOnPhone(app, first)).toMatchObject({ transactionId: expect.any(String) })
  })

  test('gives two taps at once the same signed parameters', async ({ app, proxy }) => {
    stopClock()
    const booked = await freshOrder(app)
    const prepay = proxy.hold('/jsapi')
    const first = tap(proxy.deps, booked)
    await prepay.answered
    const second = await tap(proxy.deps, booked)
    prepay.release()

    expect(await first).toEqual(second)
    expect(await payOnPhone(app, second)).toMatchObject({ transactionId: expect.any(String) })
  })

  test('signs a prepay_id again, without a call, while it is younger than 110 minutes', async ({ app, proxy }) => {
    const clock = stopClock()
    const booked = await freshOrder(app)
    const first = await tap(proxy.deps, booked)
    await agePrepayId(app, first.paymentSn, 109)
    clock.forward(4)

    const second = await tap(proxy.deps, booked)

    expect(second).toMatchObject({ paymentSn: first.paymentSn, package: first.package })
    expect(second.nonceStr).not.toBe(first.nonceStr)
    expect(proxy.prepays()).toHaveLength(1)
  })

  test('requests a new prepay_id with the same body once the old one is older than 110 minutes', async ({
    app,
    proxy,
  }) => {
    const booked = await freshOrder(app)
    const first = await tap(proxy.deps, booked)
    await agePrepayId(app, first.paymentSn, 111)
    // The attempt keeps what it was made with, whatever is configured meanwhile.
    const { config } = proxy.deps
    const pay = { ...config.wechat.pay, notifyUrl: 'https://elsewhere.example/notify' }
    const reconfigured = { ...proxy.deps, config: { ...config, wechat: { ...config.wechat, pay } } }

    const second = await tap(reconfigured, booked)

    expect(second.paymentSn).toBe(first.paymentSn)
    expect(second.package).not.toBe(first.package)
    const [one, two, ...more] = proxy.prepays()
    expect([two?.body, more]).toEqual([one?.body, []])
  })

  test('answers NOT_FOUND for somebody else’s order and for one that does not exist', async ({ app }) => {
    const { order } = await freshOrder(app)
    const stranger = await givenGuest(app, 'o_stranger')

    await expect(tap(app.deps, { order, guest: stranger })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(tap(app.deps, { order: { ...order, sn: 'HO1' }, guest: stranger })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await app.deps.db.payment.count()).toBe(0)
  })

  test('answers ORDER_NOT_PAYABLE after the deadline, with or without an attempt', async ({ app }) => {
    const [fresh, tapped] = [await freshOrder(app), await freshOrder(app)]
    await tap(app.deps, tapped)
    await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 second'`

    for (const booked of [fresh, tapped]) {
      const message = expect.stringContaining('Cancel it, or wait a minute; then make a new order.') as string
      const refused = { code: 'ORDER_NOT_PAYABLE', tradeState: 'WAIT_PAY', message }
      await expect(tap(app.deps, booked)).rejects.toMatchObject(refused)
    }
  })

  test('answers ORDER_ALREADY_PAID once the payment is settled, before it is applied', async ({ app }) => {
    const booked = await freshOrder(app)
    const { paymentSn } = await tap(app.deps, booked)
    const payment = await paymentOf(app.deps, paymentSn)
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID', paymentSn })
    expect(await orderOf(app.deps, booked.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })

  test('answers ORDER_ALREADY_PAID for an order that a closed attempt’s late money paid', async ({ app }) => {
    const booked = await freshOrder(app)
    const { paymentSn } = await tap(app.deps, booked)
    await closeAttempt(app.deps, await paymentOf(app.deps, paymentSn))
    app.sandbox.payLate(paymentSn)
    await whenPayment(app.deps, paymentSn, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn })

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID', paymentSn })
  })

  test('answers ORDER_ALREADY_PAID while the payment is under review', async ({ app }) => {
    const booked = await freshOrder(app)
    const { paymentSn } = await tap(app.deps, booked)
    const payment = await paymentOf(app.deps, paymentSn)
    await settle(app.deps, { transaction: paidReport(payment, { payer: null }), source: 'NOTICE' })

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID', paymentSn })
  })

  test('queries and settles the payment when prepay answers ORDERPAID', async ({ app }) => {
    const booked = await freshOrder(app)
    const params = await tap(app.deps, booked)
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    await payOnPhone(app, params)
    await agePrepayId(app, params.paymentSn, 111)

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID' })

    expect((await snapshotOf(app.deps, booked.order.sn)).payments).toMatchObject([
      { status: 'SUCCESS', events: ['1  PENDING WX_PAY', '2 PENDING SUCCESS QUERY'] },
    ])
  })

  test('answers ORDER_ALREADY_PAID when the query after ORDERPAID finds a mismatch', async ({ app }) => {
    const booked = await freshOrder(app)
    const params = await tap(app.deps, booked)
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    await payOnPhone(app, params)
    await agePrepayId(app, params.paymentSn, 111)
    await app.deps.db.$executeRaw`ALTER TABLE payment DISABLE TRIGGER payment_keep_facts`
    await app.deps.db.$executeRaw`UPDATE payment SET "payTotal" = 9999`

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID' })

    expect(await paymentOf(app.deps, params.paymentSn)).toMatchObject({ underReviewAt: expect.any(Date), paidAt: null })
  })

  test('answers WECHAT_UNAVAILABLE when the query does not confirm ORDERPAID', async ({ app }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'ORDERPAID', times: 1 })

    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })

    expect((await snapshotOf(app.deps, booked.order.sn)).payments).toMatchObject([{ status: 'PENDING', version: 1 }])
    await tap(app.deps, booked)
  })
})
