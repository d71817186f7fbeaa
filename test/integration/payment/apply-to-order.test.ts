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

async function settled(app: TestApp, { payment }: Pick<Tapped, 'payment'>, change: Record<string, unknown> = {}) {
  await settle(app.deps, { transaction: paidReport(payment, change), source: 'NOTICE' })
}

function cancel(app: TestApp, { order }: Pick<Tapped, 'order'>) {
  return cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn })
}

/** An order with a closed attempt, and a second one beside it that is under way. No caller can bring this about today. */
async function givenTwoAttempts(app: TestApp): Promise<{ first: Tapped; second: Pick<Tapped, 'payment'> }> {
  const first = await freshTapped(app)
  await changePayment(app.deps, async (change) => {
    const payment = await lockPayment(change.tx, first.payment.sn)
    if (payment) await recordChange(change, payment, { closedAt: new Date() }, { source: 'CLOSE', detail: {} })
  })
  const { paymentSn } = await tap(app.deps, first)
  return { first, second: { payment: await paymentOf(app.deps, paymentSn) } }
}

describe('following a payment', () => {
  test('that is paid makes the order usable, with its code and its messages, once', async ({ app }) => {
    const tapped = await freshTapped(app)
    await settled(app, tapped)

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    const followed = await snapshotOf(app.deps, tapped.order.sn)
    expect(followed).toMatchObject({
      order: 'WAIT_USE',
      paidBy: 0,
      hasCode: true,
      payments: [{ status: 'SUCCESS', version: 2, appliedVersion: 2 }],
      messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      jobs: ['send-message', 'send-message'],
    })
    const { tradeCode } = await orderOf(app.deps, tapped.order.sn)
    expect(tradeCode).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    expect(await snapshotOf(app.deps, tapped.order.sn)).toEqual(followed)
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeCode })
  })

  test('twice at once does it once', async ({ app }) => {
    const tapped = await freshTapped(app)
    await settled(app, tapped)
    const follow = () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    const ends = await race(app, { table: 'homestay_order', key: tapped.order.sn }, [follow, follow])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'WAIT_USE',
      messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      jobs: ['send-message', 'send-message'],
    })
  })

  test('that is pending or disputed leaves the order as it is', async ({ app }) => {
    const [pending, disputed] = [await freshTapped(app), await freshTapped(app)]
    await settled(app, disputed, { payer: null })

    await applyToOrder(app.deps, { paymentSn: pending.payment.sn })
    await applyToOrder(app.deps, { paymentSn: disputed.payment.sn })

    expect(await snapshotOf(app.deps, pending.order.sn)).toMatchObject({ order: 'WAIT_PAY', messages: [] })
    expect(await snapshotOf(app.deps, disputed.order.sn)).toMatchObject({
      order: 'WAIT_PAY',
      payments: [{ version: 2, appliedVersion: 2 }],
    })
  })
})

describe('money that no order keeps', () => {
  test('of a cancelled order is refunded in full by the transaction that finds it out', async ({ app }) => {
    const tapped = await freshTapped(app)
    expect(await cancel(app, tapped)).toBe('CANCELLED')
    await settled(app, tapped)

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    const found = await snapshotOf(app.deps, tapped.order.sn)
    expect(found).toMatchObject({
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

  test('twice at once is refunded once', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await settled(app, tapped)
    const follow = () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    await race(app, { table: 'payment', key: tapped.payment.sn }, [follow, follow])

    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([
      { refunds: ['UNAPPLIED REQUESTED 12800'] },
    ])
  })

  test('of a closed attempt is kept when its order still waits, and the newer attempt is asked about', async ({
    app,
  }) => {
    const { first, second } = await givenTwoAttempts(app)
    await settled(app, first)

    await applyToOrder(app.deps, { paymentSn: first.payment.sn })

    expect(await snapshotOf(app.deps, first.order.sn)).toMatchObject({ order: 'WAIT_USE', paidBy: 0 })
    const { nextRecheckAt } = await paymentOf(app.deps, second.payment.sn)
    expect(nextRecheckAt?.getTime()).toBeLessThanOrEqual(Date.now())
  })

  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    test(`of two paid attempts, followed as ${order.join(', then ')}: the first one followed is kept`, async ({
      app,
    }) => {
      const { first, second } = await givenTwoAttempts(app)
      const attempts = [first, second] as const
      await settled(app, first)
      await settled(app, second)

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

  test('of two paid attempts, followed at once: one is kept, one goes back', async ({ app }) => {
    const { first, second } = await givenTwoAttempts(app)
    await settled(app, first)
    await settled(app, second)

    const ends = await race(app, { table: 'homestay_order', key: first.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: second.payment.sn }),
      () => applyToOrder(app.deps, { paymentSn: first.payment.sn }),
    ])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    const { payments, paidBy } = await snapshotOf(app.deps, first.order.sn)
    expect(paidBy).toBe(1)
    expect(payments).toMatchObject([{ status: 'REFUNDING' }, { status: 'SUCCESS', refunds: [] }])
  })

  test('that WeChat has given back in part by hand waits until we know how much', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await settled(app, tapped, { trade_state: 'REFUND' })

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([{ status: 'SUCCESS', refunds: [] }])
  })

  test('goes back, and its guest is told, without any person', async ({ app }) => {
    const tapped = await freshTapped(app)
    await cancel(app, tapped)
    await app.startWorkers()

    app.sandbox.payLate(tapped.payment.sn)

    const books = async () => (await snapshotOf(app.deps, tapped.order.sn)).payments[0]?.status
    await expect.poll(books).toBe('REFUNDED')
    await expect.poll(() => app.sandbox.messages(tapped.guest.nickname)).toHaveLength(1)
    expect(app.sandbox.messages(tapped.guest.nickname)).toMatchObject([
      { templateId: app.sandbox.credentials.templates.refunded },
    ])
  })
})
