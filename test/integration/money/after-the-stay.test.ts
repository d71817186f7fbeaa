import { uploadShipping } from '../../../src/jobs.ts'
import { expireOrders } from '../../../src/order/expire.ts'
import { requeueShipping, uploadShippingOf } from '../../../src/order/shipping.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, orderOf, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { loseJobs, waitingJobs } from '../../harness/snapshot.ts'
import { letPass } from '../../harness/time.ts'

function redeem(app: TestApp, { order, hostUserId }: Tapped) {
  return redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
}

/** The order's last night was so many days ago, in Shanghai. */
function stayEnded(app: TestApp, { order }: Tapped, daysAgo: number) {
  return app.deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date - ${daysAgo}::int - 1,
      "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date - ${daysAgo}::int WHERE sn = ${order.sn}`
}

/** A paid order that expired because nobody used it, and whose last night was so many days ago. */
async function givenExpired(app: TestApp, daysAgo: number): Promise<Tapped> {
  const paid = await givenPaid(app)
  await stayEnded(app, paid, daysAgo)
  await expireOrders(app.deps)
  expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'EXPIRED' })
  return paid
}

/** How often WeChat received the shipping info. */
function shipments(app: TestApp, { payment }: Tapped) {
  return app.sandbox.ledger.orders.get(payment.sn)?.shipments
}

describe('an order that nobody used', () => {
  test('expires an unused order at 00:00 in Shanghai of its last day, and not before', async ({ app }) => {
    const paid = await givenPaid(app)
    await stayEnded(app, paid, -1)
    await expireOrders(app.deps)
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })

    await stayEnded(app, paid, 0)
    await expireOrders(app.deps)

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'EXPIRED' })
    await expect(redeem(app, paid)).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
  })

  test('does not expire an order that was just redeemed', async ({ app }) => {
    const paid = await givenPaid(app)
    await stayEnded(app, paid, 0)
    const lock = { table: 'payment', key: paid.payment.sn } as const
    const ends = await race<unknown>(app, lock, [() => redeem(app, paid)])
    expect(ends[0]?.status).toBe('fulfilled')
    await expireOrders(app.deps)
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'USED' })
  })

  test('makes an expired order REFUNDED by a manual refund', async ({ app }) => {
    const paid = await givenPaid(app)
    await stayEnded(app, paid, 0)
    await expireOrders(app.deps)
    await app.sandbox.sendNotice(await refundManually(app, paid.payment.sn))
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
  })
})

describe('a redemption, where the merchant must upload shipping info', () => {
  test.override({ env: { ORDER_UPLOAD_SHIPPING: 'true' } })

  test('enqueues the shipping upload in the redemption’s transaction, and uploads once', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([uploadShipping.name])
    await app.startWorkers()
    await expect.poll(async () => (await orderOf(app.deps, paid.order.sn)).shippedAt).not.toBeNull()
    await uploadShippingOf(app.deps, { orderSn: paid.order.sn })
    expect(shipments(app, paid)).toBe(1)
  })

  test('retries the shipping upload after a minute or more while WeChat doesn’t know the payment (10060001)', async ({
    app,
  }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    app.sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'errcode', errcode: 10060001, times: 1 })
    await expect(uploadShippingOf(app.deps, { orderSn: paid.order.sn })).rejects.toMatchObject({
      errcode: 10060001,
      when: 'later',
    })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ shippedAt: null })
    expect(uploadShipping.retryDelaySeconds).toBeGreaterThanOrEqual(60)

    await uploadShippingOf(app.deps, { orderSn: paid.order.sn })
    expect(shipments(app, paid)).toBe(1)
  })

  test('raises an alert when WeChat refuses the shipping upload, and retries it', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    const { deps, alarms } = withAlerts(app.deps)
    app.sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'errcode', errcode: 10060031, times: 1 })
    await expect(uploadShippingOf(deps, { orderSn: paid.order.sn })).rejects.toMatchObject({ errcode: 10060031 })
    expect(alarms).toEqual(['shipping'])

    await uploadShippingOf(deps, { orderSn: paid.order.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ shippedAt: expect.any(Date) })
    expect(alarms).toHaveLength(1)
  })

  test('raises an alert when WeChat still doesn’t know the payment of a shipping upload after a day', async ({
    app,
  }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    const { deps, alarms } = withAlerts(app.deps)
    app.sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'errcode', errcode: 10060001 })
    await expect(uploadShippingOf(deps, { orderSn: paid.order.sn })).rejects.toThrow()
    expect(alarms).toEqual([])

    await letPass(app, 86_401)
    await expect(uploadShippingOf(deps, { orderSn: paid.order.sn })).rejects.toThrow()

    expect(alarms).toEqual(['shipping'])
  })

  test('skips the shipping upload of an order that was refunded meanwhile', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    await app.sandbox.sendNotice(await refundManually(app, paid.payment.sn))
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })

    await uploadShippingOf(app.deps, { orderSn: paid.order.sn })

    expect(shipments(app, paid)).toBe(0)
  })

  test('counts the shipping info as uploaded after two uploads whose answers were lost', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    app.sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'reset-after', times: 2 })
    for (let round = 0; round < 3; round++) await uploadShippingOf(app.deps, { orderSn: paid.order.sn }).catch(() => {})
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ shippedAt: expect.any(Date) })
  })

  test('enqueues a lost shipping upload again, once', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    await loseJobs(app.deps)
    await requeueShipping(app.deps)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([])

    await letPass(app, 601)
    await requeueShipping(app.deps)
    await requeueShipping(app.deps)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([uploadShipping.name])
  })
})

describe('an order that nobody used, where the merchant must upload shipping info', () => {
  test.override({ env: { ORDER_UPLOAD_SHIPPING: 'true' } })

  test('enqueues the shipping upload in the expiry’s transaction, and uploads once', async ({ app }) => {
    const paid = await givenExpired(app, 0)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([uploadShipping.name])
    await app.startWorkers()
    await expect.poll(async () => (await orderOf(app.deps, paid.order.sn)).shippedAt).not.toBeNull()
    await uploadShippingOf(app.deps, { orderSn: paid.order.sn })
    expect(shipments(app, paid)).toBe(1)
  })

  test('enqueues the lost shipping upload of an expired order again, once', async ({ app }) => {
    const paid = await givenExpired(app, 1)
    await loseJobs(app.deps)
    await requeueShipping(app.deps)
    await requeueShipping(app.deps)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([uploadShipping.name])
  })

  test('raises an alert when WeChat doesn’t know the payment of an expired order a day after it expired', async ({
    app,
  }) => {
    const paid = await givenExpired(app, 0)
    const { deps, alarms } = withAlerts(app.deps)
    app.sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'errcode', errcode: 10060001 })
    await expect(uploadShippingOf(deps, { orderSn: paid.order.sn })).rejects.toThrow()
    expect(alarms).toEqual([])

    await stayEnded(app, paid, 2)
    await expect(uploadShippingOf(deps, { orderSn: paid.order.sn })).rejects.toThrow()

    expect(alarms).toEqual(['shipping'])
  })

  test('skips the shipping upload of an expired order that was refunded', async ({ app }) => {
    const paid = await givenExpired(app, 0)
    await app.sandbox.sendNotice(await refundManually(app, paid.payment.sn))
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })

    await uploadShippingOf(app.deps, { orderSn: paid.order.sn })

    expect(shipments(app, paid)).toBe(0)
  })
})

describe('an order, where the merchant has no such duty', () => {
  test('uploads no shipping info where the merchant has no duty to', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    await letPass(app, 601)
    await requeueShipping(app.deps)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([])
    expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('uploads no shipping info of an expired order either', async ({ app }) => {
    const paid = await givenPaid(app)
    await stayEnded(app, paid, 1)
    await expireOrders(app.deps)
    await requeueShipping(app.deps)
    expect(await waitingJobs(app.deps, [paid.order.sn])).toEqual([])
  })
})
