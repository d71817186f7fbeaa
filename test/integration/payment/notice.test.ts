import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf, payOnPhone, whenOrder, whenPayment } from '../../harness/fixtures.ts'

function post(app: TestApp, notice: { headers: Record<string, string>; body: string }) {
  return fetch(app.notifyUrl, { method: 'POST', headers: notice.headers, body: notice.body })
}

describe('a notice of WeChat Pay', () => {
  test('a payment notice pays the order, creates its entry code and messages the guest', async ({ app }) => {
    const { order, payment, params } = await givenTapped(app)
    await app.startWorkers()

    const { transactionId } = await payOnPhone(app, params)

    const paid = await whenOrder(app.deps, order.sn, 'WAIT_USE')
    expect(paid.tradeCode).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
    expect(paid.paidBySn).toBe(payment.sn)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      transactionId,
      paidTotal: payment.payTotal,
      version: 2,
    })
    await expect.poll(() => app.sandbox.messages('o_guest')).toHaveLength(2)
    expect(JSON.stringify(app.sandbox.messages('o_guest'))).toContain(paid.tradeCode)
  })

  test('50 copies of a payment notice at once change the payment once', async ({ app }) => {
    const { payment, params, order } = await givenTapped(app)
    await payOnPhone(app, params)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    await app.startWorkers()

    const statuses = await app.sandbox.sendNotice(payment.sn, { copies: 50 })

    expect(statuses).toHaveLength(50)
    expect(new Set(statuses)).toEqual(new Set([204]))
    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ version: 2 })
    expect(await app.deps.db.paymentEvent.count({ where: { paymentSn: payment.sn } })).toBe(2)
    await expect.poll(() => app.sandbox.messages('o_guest').length).toBe(2)
  })

  test('settles a payment that a coupon paid in part', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    await payOnPhone(app, params, 800)
    const paid = await whenPayment(app.deps, payment.sn, 'SUCCESS')
    expect(paid).toMatchObject({ paidTotal: 12_800, payerTotal: 12_000 })
  })

  test('refuses a notice with a forged signature, and changes nothing', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost', times: 100 })
    await payOnPhone(app, params)
    const notice = await app.sandbox.buildNotice(payment.sn)
    const forged = { ...notice.headers, 'Wechatpay-Signature': Buffer.from('forged').toString('base64') }

    const response = await post(app, { headers: forged, body: notice.body })

    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'FAIL' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', version: 1 })
    expect(await orderOf(app.deps, payment.orderSn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })
})
