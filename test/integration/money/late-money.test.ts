import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeOrphaned } from '../../../src/payment/attempt/close.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import {
  freshTapped,
  givenTapped,
  orderOf,
  paymentOf,
  payOnPhone,
  tap,
  whenOrder,
  whenPayment,
} from '../../harness/fixtures.ts'
import { givenCancelled, givenUnapplied, newestRefund, refundsOf, runRefunds } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

/** An order whose first attempt was closed alone, and a second, live one: both can bring money. */
async function givenTwoAttempts(app: TestApp) {
  const { order, guest, payment: first } = await givenTapped(app)
  await closeOrphaned(app.deps, first)
  const params = await tap(app.deps, { order, guest })
  expect(params.paymentSn).not.toBe(first.sn)
  return { order, guest, first: first.sn, second: params.paymentSn, params }
}

async function payBoth(app: TestApp, { first, second, params }: Awaited<ReturnType<typeof givenTwoAttempts>>) {
  app.sandbox.payLate(first)
  await payOnPhone(app, params)
  await whenPayment(app.deps, first, 'SUCCESS')
  await whenPayment(app.deps, second, 'SUCCESS')
}

/** Exactly one of the two keeps its money; the other one's is on its way back, in full and once. */
async function expectOneKept(app: TestApp, orderSn: string, kept: string, other: string): Promise<void> {
  expect(await orderOf(app.deps, orderSn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: kept })
  expect(await refundsOf(app.deps, kept)).toEqual([])
  expect(await refundsOf(app.deps, other)).toMatchObject([{ cause: 'UNAPPLIED', refundTotal: 12_800 }])
}

describe('money for a cancelled order', () => {
  test('goes back in full, and the guest is told', async ({ app }) => {
    const { order, payment } = await givenCancelled(app)
    await app.startWorkers()

    app.sandbox.payLate(payment.sn)

    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    expect(await orderOf(app.deps, order.sn)).toMatchObject({
      tradeState: 'CANCELLED',
      paidBySn: null,
      tradeCode: null,
    })
    await expect.poll(() => app.sandbox.messages('o_guest')).toHaveLength(1)
    expect(JSON.stringify(app.sandbox.messages('o_guest'))).toContain('128.00元')
    expect(app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos).toHaveLength(1)
  })

  test('is refunded once, however many follow it at once', async ({ app }) => {
    const { order, payment } = await givenCancelled(app)
    app.sandbox.payLate(payment.sn)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')

    const follow = () => applyToOrder(app.deps, { paymentSn: payment.sn })
    await race(app, { table: 'homestay_order', key: order.sn }, [follow, follow, follow, follow])

    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(1)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDING' })
  })

  test('that a coupon paid in part goes back by the order’s price', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    app.sandbox.payLate(payment.sn, 800)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ refundTotal: 12_800, payerRefund: 12_000 })
  })

  test('is followed to its refund also by a process that dies at any statement', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => {
        const tapped = await freshTapped(app)
        await cancelHomestayOrder(app.deps, { userId: tapped.guest.id, sn: tapped.order.sn })
        app.sandbox.payLate(tapped.payment.sn)
        await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
        return tapped
      },
      run: async (deps, { payment }) => {
        await applyToOrder(deps, { paymentSn: payment.sn })
        await applyToOrder(deps, { paymentSn: payment.sn })
      },
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })
    expect(interruptions).toBeGreaterThan(10)
  })
})

describe('a closed attempt beside a newer live one', () => {
  test('pays the order with its late money; the other one is closed at once', async ({ app }) => {
    const { order, first, second, params } = await givenTwoAttempts(app)
    app.sandbox.payLate(first)
    await whenPayment(app.deps, first, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: first })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: first })

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, second)).toMatchObject({ status: 'CLOSED' })
    await expect(payOnPhone(app, params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('keeps its money when it is followed first; the second money goes back', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await payBoth(app, two)
    await race(app, { table: 'homestay_order', key: two.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: two.first }),
      () => applyToOrder(app.deps, { paymentSn: two.second }),
    ])
    await expectOneKept(app, two.order.sn, two.first, two.second)
  })

  test('gives its money back when the newer one is followed first', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await payBoth(app, two)
    await race(app, { table: 'homestay_order', key: two.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: two.second }),
      () => applyToOrder(app.deps, { paymentSn: two.first }),
    ])
    await expectOneKept(app, two.order.sn, two.second, two.first)
  })

  test('brings its money after the newer one’s order is done with', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await app.startWorkers()
    await payOnPhone(app, two.params)
    await whenOrder(app.deps, two.order.sn, 'WAIT_USE')
    app.sandbox.refundManually({ outTradeNo: two.second })
    await whenOrder(app.deps, two.order.sn, 'REFUNDED')

    app.sandbox.payLate(two.first)

    await whenPayment(app.deps, two.first, 'REFUNDED')
    expect(await orderOf(app.deps, two.order.sn)).toMatchObject({ tradeState: 'REFUNDED', paidBySn: two.second })
  })

  test('brings its money while the order is being refunded by hand, with the lock held', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await payBoth(app, two)
    await applyToOrder(app.deps, { paymentSn: two.second })
    app.sandbox.refundManually({ outTradeNo: two.second })
    await whenPayment(app.deps, two.second, 'REFUNDED')

    await race(app, { table: 'homestay_order', key: two.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: two.first }),
      () => applyToOrder(app.deps, { paymentSn: two.second }),
    ])

    expect(await orderOf(app.deps, two.order.sn)).toMatchObject({ tradeState: 'REFUNDED', paidBySn: two.second })
    expect(await refundsOf(app.deps, two.first)).toMatchObject([{ cause: 'UNAPPLIED', refundTotal: 12_800 }])
  })
})

describe('money that went back by hand before it was followed', () => {
  test('leaves its order refunded', async ({ app }) => {
    const tapped = await givenTapped(app)
    await payOnPhone(app, tapped.params)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    app.sandbox.refundManually({ outTradeNo: tapped.payment.sn })
    await whenPayment(app.deps, tapped.payment.sn, 'REFUNDED')

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
  })

  test('is not refunded again for an order that can’t keep it', async ({ app }) => {
    const { payment, refund } = await givenUnapplied(app)
    app.sandbox.refundManually({ outTradeNo: payment.sn })
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await runRefunds(app.deps)

    const refunds = await refundsOf(app.deps, payment.sn)
    expect(refunds.map(({ cause, status }) => `${cause} ${status}`)).toEqual(['UNAPPLIED CLOSED', 'MANUAL SUCCESS'])
    expect(app.sandbox.ledger.refunds.has(refund.outRefundNo)).toBe(false)
  })
})
