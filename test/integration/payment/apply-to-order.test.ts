import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { changePayment } from '../../../src/payment/change-payment.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { lockPayment, recordChange } from '../../../src/payment/record.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'
import { paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

async function reportPaid(app: TestApp, { payment }: Pick<Tapped, 'payment'>, change: Record<string, unknown> = {}) {
  await settle(app.deps, { transaction: paidReport(payment, change), source: 'NOTICE' })
}

function cancel(app: TestApp, { order }: Pick<Tapped, 'order'>) {
  return cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn })
}

/** An order with an attempt that is closed only in our database, and a newer pending one. */
async function givenTwoAttempts(app: TestApp): Promise<{ first: Tapped; second: Pick<Tapped, 'payment'> }> {
  const first = await freshTapped(app)
  await changePayment(app.deps, async (change) => {
    const payment = await lockPayment(change.tx, first.payment.sn)
    if (payment) await recordChange(change, payment, { closedAt: new Date() }, { source: 'CLOSE', detail: {} })
  })
  const { paymentSn } = await tap(app.deps, first)
  return { first, second: { payment: await paymentOf(app.deps, paymentSn) } }
}

describe('applying a payment to its order', () => {
  test('applying a paid payment makes the order usable, with its entry code and its messages, once', async ({
    app,
  }) => {
    const tapped = await freshTapped(app)
    await reportPaid(app, tapped)

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    const applied = await snapshotOf(app.deps, tapped.order.sn)
    expect(applied).toMatchObject({
      order: 'WAIT_USE',
      paidBy: 0,
      hasCode: true,
      payments: [{ status: 'SUCCESS', version: 2, appliedVersion: 2 }],
      messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      jobs: [],
    })
    const { tradeCode } = await orderOf(app.deps, tapped.order.sn)
    expect(tradeCode).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    expect(await snapshotOf(app.deps, tapped.order.sn)).toEqual(applied)
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeCode })
  })

  test('applies a payment once when two apply it at once', async ({ app }) => {
    const tapped = await freshTapped(app)
    await reportPaid(app, tapped)
    const apply = () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    const ends = await race(app, { table: 'homestay_order', key: tapped.order.sn }, [apply, apply])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'WAIT_USE',
      messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      jobs: [],
    })
  })

  test('leaves the order unchanged while its payment is pending or under review', async ({ app }) => {
    const [pending, underReview] = [await freshTapped(app), await freshTapped(app)]
    await reportPaid(app, underReview, { payer: null })

    await applyToOrder(app.deps, { paymentSn: pending.payment.sn })
    await applyToOrder(app.deps, { paymentSn: underReview.payment.sn })

    expect(await snapshotOf(app.deps, pending.order.sn)).toMatchObject({ order: 'WAIT_PAY', messages: [] })
    expect(await snapshotOf(app.deps, underReview.order.sn)).toMatchObject({
      order: 'WAIT_PAY',
      payments: [{ version: 2, appliedVersion: 2 }],
    })
  })
})

describe('an unapplied payment', () => {
  test('refunds the money of a cancelled order in full, in the transaction that applies it', async ({ app }) => {
    const tapped = await freshTapped(app)
    expect(await cancel(app, tapped)).toBe('CANCELLED')
    await reportPaid(app, tapped)

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'CANCELLED',
      paidBy: null,
      hasCode: false,
      payments: [{ status: 'REFUNDING', version: 4, appliedVersion: 3, refunds: ['UNAPPLIED REQUESTED 12800'] }],
      messages: [],
    })
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([
      { version: 4, appliedVersion: 4, refunds: ['UNAPPLIED REQUESTED 12800'] },
    ])
  })

  test('opens one refund when two apply the money of a cancelled order at once', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await reportPaid(app, tapped)
    const apply = () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    await race(app, { table: 'payment', key: tapped.payment.sn }, [apply, apply])

    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([
      { refunds: ['UNAPPLIED REQUESTED 12800'] },
    ])
  })

  test('applies a closed attempt’s money to its waiting order, and rechecks the newer attempt at once', async ({
    app,
  }) => {
    const { first, second } = await givenTwoAttempts(app)
    await reportPaid(app, first)

    await applyToOrder(app.deps, { paymentSn: first.payment.sn })

    expect(await snapshotOf(app.deps, first.order.sn)).toMatchObject({ order: 'WAIT_USE', paidBy: 0 })
    const { nextRecheckAt } = await paymentOf(app.deps, second.payment.sn)
    expect(nextRecheckAt?.getTime()).toBeLessThanOrEqual(Date.now())
  })

  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    test(`applies the first and refunds the second of two paid attempts, in the order ${order.join(', ')}`, async ({
      app,
    }) => {
      const { first, second } = await givenTwoAttempts(app)
      const attempts = [first, second] as const
      await reportPaid(app, first)
      await reportPaid(app, second)

      for (const index of order) await applyToOrder(app.deps, { paymentSn: attempts[index].payment.sn })
      for (const index of order.toReversed()) await applyToOrder(app.deps, { paymentSn: attempts[index].payment.sn })

      const { payments, ...rest } = await snapshotOf(app.deps, first.order.sn)
      expect(rest).toMatchObject({
        order: 'WAIT_USE',
        paidBy: order[0],
        messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      })
      expect(payments[order[0]]).toMatchObject({ status: 'SUCCESS', refunds: [] })
      expect(payments[order[1]]).toMatchObject({ status: 'REFUNDING', refunds: ['UNAPPLIED REQUESTED 12800'] })
    })
  }

  test('applies one and refunds the other of two paid attempts that are applied at once', async ({ app }) => {
    const { first, second } = await givenTwoAttempts(app)
    await reportPaid(app, first)
    await reportPaid(app, second)

    const ends = await race(app, { table: 'homestay_order', key: first.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: second.payment.sn }),
      () => applyToOrder(app.deps, { paymentSn: first.payment.sn }),
    ])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    const { payments, paidBy } = await snapshotOf(app.deps, first.order.sn)
    expect(paidBy).toBe(1)
    expect(payments).toMatchObject([{ status: 'REFUNDING' }, { status: 'SUCCESS', refunds: [] }])
  })

  test('refunds nothing of an unapplied payment on hold, until its manual refund is known', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await reportPaid(app, tapped, { trade_state: 'REFUND' })

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([{ status: 'SUCCESS', refunds: [] }])
  })

  test('workers refund late money, and message the guest', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await app.startWorkers()

    app.sandbox.payLate(tapped.payment.sn)

    const status = async () => (await snapshotOf(app.deps, tapped.order.sn)).payments[0]?.status
    await expect.poll(status).toBe('REFUNDED')
    await expect.poll(() => app.sandbox.messages(tapped.guest.nickname)).toHaveLength(1)
    expect(app.sandbox.messages(tapped.guest.nickname)).toMatchObject([
      { templateId: app.sandbox.credentials.templates.refunded },
    ])
  })
})
