import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeOrphaned } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { loseNotices, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'

/** An attempt that was closed while its order went on waiting. */
async function givenClosedAttempt(app: TestApp): Promise<Tapped> {
  loseNotices(app)
  const tapped = await freshTapped(app)
  await closeOrphaned(app.deps, tapped.payment)
  return tapped
}

/** Its guest had begun to pay before; the order hasn't followed yet. */
async function payLate(app: TestApp, payment: Tapped['payment'], change: Record<string, unknown> = {}) {
  const { transactionId } = app.sandbox.payLate(payment.sn)
  const transaction = paidReport(payment, { transaction_id: transactionId, ...change })
  await settle(app.deps, { transaction, source: 'NOTICE' })
}
const wrongAmount = { amount: amountOf(10_000) }

describe('money that came late for a closed attempt, while the order waits', () => {
  test.for([
    ['fits', {}],
    ['doesn’t fit', wrongAmount],
  ] as const)('is a payment to the next tap, when it %s', async ([, change], { app }) => {
    const tapped = await givenClosedAttempt(app)
    await payLate(app, tapped.payment, change)
    await expect(tap(app.deps, tapped)).rejects.toMatchObject({
      code: 'ORDER_ALREADY_PAID',
      paymentSn: tapped.payment.sn,
    })
  })

  test('pays the order that its guest wants to cancel, in the same call', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment)
    const cancel = cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(cancel).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
  })

  test('pays the order also when it is followed at the same time', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment)
    await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn }),
      () => applyToOrder(app.deps, { paymentSn: payment.sn }),
    ])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])
  })

  test('keeps the order from being cancelled while it is disputed', async ({ app }) => {
    const { order, guest, payment } = await givenClosedAttempt(app)
    await payLate(app, payment, wrongAmount)
    const cancel = cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(cancel).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE' })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('WAIT_PAY')
  })

  test('goes back without the order that another attempt has paid, when an operator refuses it', async ({ app }) => {
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
