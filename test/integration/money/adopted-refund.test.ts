import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { adoptRefund } from '../../../src/payment/refund/record.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, paymentOf } from '../../harness/fixtures.ts'
import { newTransactionId, paidReport } from '../../harness/reports.ts'

/** A paid order for whose payment WeChat also reported another transaction. */
async function givenOtherTransaction(app: TestApp) {
  const paid = await givenPaid(app)
  const transaction = paidReport(paid.payment, { transaction_id: newTransactionId() })
  const report = () => settle(app.deps, { transaction, source: 'NOTICE' })
  await report()
  const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({
    where: { paymentSn: paid.payment.sn },
  })
  return { ...paid, mismatchId, report }
}

describe('another transaction for a paid payment', () => {
  test('refuses redemption and refund until an operator dismisses the other transaction', async ({ app }) => {
    const { order, guest, hostUserId, payment, mismatchId } = await givenOtherTransaction(app)
    const redeem = () => redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await expect(redeem()).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
    const refund = refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(refund).rejects.toMatchObject({ code: 'ORDER_NOT_REFUNDABLE' })

    await dismissMismatch(app.deps, { mismatchId })
    await dismissMismatch(app.deps, { mismatchId })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null, status: 'SUCCESS', version: 4 })
    expect(await redeem()).toEqual({ sn: order.sn })
  })

  test('does not put the payment under review again for a dismissed transaction', async ({ app }) => {
    const { payment, mismatchId, report } = await givenOtherTransaction(app)
    await dismissMismatch(app.deps, { mismatchId })
    expect(await report()).toMatchObject({ outcome: 'OTHER_TRANSACTION', version: null })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
  })
})

describe('a manual refund whose notice was lost', () => {
  test('adopts a manual refund by its number, and ends the hold of the payment', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.faults.add({ endpoint: 'refund-notice', kind: 'lost' })
    const { outRefundNo } = app.sandbox.refundManually({ outTradeNo: payment.sn, refundFen: 100 })
    await settle(app.deps, {
      transaction: { ...paidReport(payment), transactionId: payment.transactionId ?? '', tradeState: 'REFUND' },
      source: 'QUERY',
    })
    expect((await paymentOf(app.deps, payment.sn)).heldAt).not.toBeNull()

    await expect.poll(async () => adoptRefund(app.deps, { outRefundNo })).toBe('SAME')

    const released = await paymentOf(app.deps, payment.sn)
    expect(released).toMatchObject({ heldAt: null, refundedTotal: 100, status: 'SUCCESS' })
  })
})
