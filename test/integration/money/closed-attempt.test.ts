import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { loseNotices, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'

/** A closed attempt whose order still waits for payment. */
async function givenClosedAttempt(app: TestApp): Promise<Tapped> {
  loseNotices(app)
  const tapped = await freshTapped(app)
  await closeAttempt(app.deps, tapped.payment)
  return tapped
}

/** Settles late money: the guest had begun to pay before the close. It isn't applied to the order yet. */
async function payLate(app: TestApp, payment: Tapped['payment'], change: Record<string, unknown> = {}) {
  const { transactionId } = app.sandbox.payLate(payment.sn)
  const transaction = paidReport(payment, { transaction_id: transactionId, ...change })
  await settle(app.deps, { transaction, source: 'NOTICE' })
}

const wrongAmount = { amount: amountOf(10_000) }

describe('late money for a closed attempt, while the order waits', () => {
  test.for([
    ['matches', {}],
    ['is under review', wrongAmount],
  ] as const)('answers ORDER_ALREADY_PAID to the next tap when late money %s', async ([, change], { app }) => {
    const tapped = await givenClosedAttempt(app)
    await payLate(app, tapped.payment, change)
    await expect(tap(app.deps, tapped)).rejects.toMatchObject({
      code: 'ORDER_ALREADY_PAID',
      paymentSn: tapped.payment.sn,
    })
  })

  test('applies late money to an order that its guest wants to cancel, in the same call', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment)
    const cancel = cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(cancel).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
  })

  test('pays the order when late money is applied while the guest cancels', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment)
    await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn }),
      () => applyToOrder(app.deps, { paymentSn: payment.sn }),
    ])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])
  })

  test('refuses to cancel an order while its late money is under review', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment, wrongAmount)
    const cancel = cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(cancel).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE' })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('WAIT_PAY')
  })

  test('refunds late money by an operator’s decision, and keeps the order that another attempt paid', async ({
    app,
  }) => {
    const tapped = await givenClosedAttempt(app)
    const { paymentSn } = await tap(app.deps, tapped)
    const second = await paymentOf(app.deps, paymentSn)
    await payLate(app, tapped.payment, wrongAmount)
    await payLate(app, second)
    const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({
      where: { paymentSn: tapped.payment.sn },
    })

    expect(await refundMismatch(app.deps, { mismatchId })).toBe('REFUNDED')
    await applyToOrder(app.deps, { paymentSn: second.sn })

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: second.sn })
    expect(await summaryOf(app.deps, second.sn)).toEqual([])
    expect(await summaryOf(app.deps, tapped.payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
  })
})
