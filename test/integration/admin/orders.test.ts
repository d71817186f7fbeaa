import { expireOrders } from '../../../src/order/expire.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenPaid, orderOf, type Tapped } from '../../harness/fixtures.ts'
import { openOperator } from '../../harness/operator.ts'
import { paidReport } from '../../harness/reports.ts'
import { redeem } from '../../harness/states.ts'

interface Listed {
  orders: object[]
}

/** An unpaid order whose deadline was two hours ago. */
async function givenOverdue(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await app.deps.db
    .$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '2 h' WHERE sn = ${tapped.order.sn}`
  return tapped
}

/** Its events are so old. They never change, but for a test that can't wait. */
async function changedBefore({ deps: { db } }: TestApp, payment: { sn: string }, minutes: number): Promise<void> {
  await db.$transaction([
    db.$executeRaw`SET LOCAL session_replication_role = replica`,
    db.$executeRaw`
      UPDATE payment_event SET at = now() - make_interval(mins => ${minutes}::int) WHERE "paymentSn" = ${payment.sn}`,
  ])
}

describe('admin orders', () => {
  test('lists the newest orders, of one state if wanted, without entry codes', async ({ app }) => {
    const { order } = await givenPaid(app, await freshOrder(app))
    const { order: unpaid } = await freshOrder(app)
    const { admin, json } = openOperator(app)
    expect((await json<Listed>('orders', 'list')).orders).toHaveLength(2)
    expect(await json('orders', 'list', '--state', 'WAIT_PAY')).toMatchObject({ orders: [{ sn: unpaid.sn }] })
    expect((await json<Listed>('orders', 'list', '--limit', '1')).orders).toHaveLength(1)
    const { output } = await admin('orders', 'list')
    expect(output).toContain(`${order.sn} `)
    expect(output).not.toContain(order.tradeCode)
    expect((await admin('orders', 'list', '--state', 'PAID')).code).toBe(2)
  })

  test('closes an order that is overdue, and lists it before', async ({ app }) => {
    const { order } = await givenOverdue(app)
    const { admin, json } = openOperator(app)
    expect(await json('orders', 'stuck')).toMatchObject({ orders: [{ sn: order.sn, needs: 'close' }] })
    expect((await admin('orders', 'close', order.sn, '--dry-run')).output).toContain('which is WAIT_PAY')
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })

    expect(await json('orders', 'close', order.sn, '--as', 'Li Lei')).toMatchObject({
      before: 'WAIT_PAY',
      tradeState: 'CANCELLED',
    })

    expect(await json('orders', 'stuck')).toEqual({ orders: [] })
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([{ action: 'orders close', number: order.sn }])
  })

  test('applies a payment that isn’t applied yet, and lists it before', async ({ app }) => {
    const { payment, order } = await freshTapped(app)
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    const { json } = openOperator(app)
    expect(await json('orders', 'stuck')).toEqual({ orders: [] })
    await changedBefore(app, payment, 11)
    const unapplied = { sn: order.sn, needs: 'apply', paymentSn: payment.sn }
    expect(await json('orders', 'stuck')).toMatchObject({ orders: [unapplied] })
    expect(await json('orders', 'apply', order.sn)).toMatchObject({ before: 'WAIT_PAY', tradeState: 'WAIT_USE' })
  })

  test('lists those first that were paid first, however few it lists', async ({ app }) => {
    const [one, other] = [await freshTapped(app), await freshTapped(app)]
    for (const { payment } of [one, other])
      await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    const { json } = openOperator(app)
    for (const [older, younger] of [
      [one, other],
      [other, one],
    ] as const) {
      await changedBefore(app, older.payment, 30)
      await changedBefore(app, younger.payment, 20)
      expect(await json('orders', 'stuck', '--limit', '1')).toMatchObject({ orders: [{ sn: older.order.sn }] })
    }
  })

  test('reports a redeemed order to WeChat', async ({ app }) => {
    const paid = await givenPaid(app, await freshOrder(app))
    await redeem(app, paid)
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
    await app.deps.db.homestayOrder.update({ where: { sn: paid.order.sn }, data: { usedAt: twoDaysAgo } })
    const { json } = openOperator(app, { ORDER_UPLOAD_SHIPPING: 'true' })
    expect(await openOperator(app).json('orders', 'stuck')).toEqual({ orders: [] })
    expect(await json('orders', 'stuck')).toMatchObject({ orders: [{ sn: paid.order.sn, needs: 'ship' }] })
    expect(await json('orders', 'ship', paid.order.sn)).toMatchObject({ tradeState: 'USED' })
    expect((await orderOf(app.deps, paid.order.sn)).shippedAt).not.toBeNull()
  })

  test('reports an order to WeChat that nobody redeemed', async ({ app }) => {
    const paid = await givenPaid(app, await freshOrder(app))
    await app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = current_date - 4, "liveEndDate" = current_date - 3 WHERE sn = ${paid.order.sn}`
    await expireOrders(app.deps)
    const { json } = openOperator(app, { ORDER_UPLOAD_SHIPPING: 'true' })
    expect(await openOperator(app).json('orders', 'stuck')).toEqual({ orders: [] })
    expect(await json('orders', 'stuck')).toMatchObject({ orders: [{ sn: paid.order.sn, needs: 'ship' }] })
    expect(await json('orders', 'ship', paid.order.sn)).toMatchObject({ tradeState: 'EXPIRED' })
    expect((await orderOf(app.deps, paid.order.sn)).shippedAt).not.toBeNull()
    expect(await json('orders', 'stuck')).toEqual({ orders: [] })
  })

  test('says what keeps an order from it', async ({ app }) => {
    const { order } = await givenOverdue(app)
    const { order: fresh } = await freshOrder(app)
    const { admin } = openOperator(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })
    const refused = [
      await admin('orders', 'close', order.sn),
      await admin('orders', 'close', fresh.sn),
      await admin('orders', 'ship', fresh.sn),
      await admin('orders', 'apply', 'HO-nobody'),
    ]
    expect(refused.map(({ code }) => code)).toEqual([1, 1, 1, 1])
    expect(refused.map(({ complaint }) => complaint)).toEqual([
      expect.stringContaining('answered 503'),
      expect.stringContaining(`${fresh.sn} is no unpaid order whose deadline is over`),
      expect.stringContaining(`${fresh.sn} is no redeemed or expired order that WeChat doesn’t know of`),
      expect.stringContaining('There is no such order'),
    ])
  })
})
