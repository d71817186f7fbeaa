import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
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

/** An order with a closed attempt and a newer, live one: money can come for both. */
async function givenTwoAttempts(app: TestApp) {
  const { order, guest, payment: first } = await givenTapped(app)
  await closeAttempt(app.deps, first)
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

/** One of the two payments is applied; the other is refunded, in full and once. */
async function expectOneApplied(app: TestApp, orderSn: string, applied: string, unapplied: string): Promise<void> {
  expect(await orderOf(app.deps, orderSn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: applied })
  expect(await refundsOf(app.deps, applied)).toEqual([])
  expect(await refundsOf(app.deps, unapplied)).toMatchObject([{ cause: 'UNAPPLIED', refundTotal: 12_800 }])
}

describe('late money for a cancelled order', () => {
  test('refunds late money for a cancelled order in full, and messages the guest', async ({ app }) => {
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

  test('refunds late money once when it is applied by four at once', async ({ app }) => {
    const { order, payment } = await givenCancelled(app)
    app.sandbox.payLate(payment.sn)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')

    const apply = () => applyToOrder(app.deps, { paymentSn: payment.sn })
    await race(app, { table: 'homestay_order', key: order.sn }, [apply, apply, apply, apply])

    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(1)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDING' })
  })

  test('refunds the order’s full price when a coupon paid part of it', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    app.sandbox.payLate(payment.sn, 800)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ refundTotal: 12_800, payerRefund: 12_000 })
  })

  test('opens one refund of late money though applying it is interrupted at any statement', async ({ app }) => {
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
  test('applies a closed attempt’s late money to its waiting order, and closes the newer attempt at once', async ({
    app,
  }) => {
    const { order, first, second, params } = await givenTwoAttempts(app)
    app.sandbox.payLate(first)
    await whenPayment(app.deps, first, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: first })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: first })

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, second)).toMatchObject({ status: 'CLOSED' })
    await expect(payOnPhone(app, params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('refunds the newer attempt’s money when the late money is applied first', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await payBoth(app, two)
    await race(app, { table: 'homestay_order', key: two.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: two.first }),
      () => applyToOrder(app.deps, { paymentSn: two.second }),
    ])
    await expectOneApplied(app, two.order.sn, two.first, two.second)
  })

  test('refunds late money when the newer attempt’s money is applied first', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    await payBoth(app, two)
    await race(app, { table: 'homestay_order', key: two.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: two.second }),
      () => applyToOrder(app.deps, { paymentSn: two.first }),
    ])
    await expectOneApplied(app, two.order.sn, two.second, two.first)
  })

  test('refunds late money of an order that is already REFUNDED', async ({ app }) => {
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

  test('refunds late money that is applied while a manual refund of the order is applied', async ({ app }) => {
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

describe('a payment that was refunded manually before it was applied', () => {
  test('makes the order REFUNDED when its payment was refunded manually before it was applied', async ({ app }) => {
    const tapped = await givenTapped(app)
    await payOnPhone(app, tapped.params)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    app.sandbox.refundManually({ outTradeNo: tapped.payment.sn })
    await whenPayment(app.deps, tapped.payment.sn, 'REFUNDED')

    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
  })

  test('closes our refund of an unapplied payment that was refunded manually', async ({ app }) => {
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
