import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { dismissForeign, takeOverRefund } from '../../../src/payment/release.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, paymentOf } from '../../harness/scene.ts'
import { newTransactionId, paidWord } from '../../harness/word.ts'

/** A usable order whose payment WeChat also names another transaction for. */
async function givenForeign(app: TestApp) {
  const paid = await givenPaid(app)
  const transaction = paidWord(paid.payment, { transaction_id: newTransactionId() })
  const tell = () => settle(app.deps, { transaction, source: 'NOTICE' })
  await tell()
  const { id: misfitId } = await app.deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: paid.payment.sn } })
  return { ...paid, misfitId, tell }
}

describe('a transaction that is not its payment’s', () => {
  test('keeps the order from being redeemed and refunded until an operator dismisses it', async ({ app }) => {
    const { order, guest, hostUserId, payment, misfitId } = await givenForeign(app)
    const redeem = () => redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await expect(redeem()).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
    const refund = refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(refund).rejects.toMatchObject({ code: 'ORDER_NOT_REFUNDABLE' })

    await dismissForeign(app.deps, { misfitId })
    await dismissForeign(app.deps, { misfitId })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ disputedAt: null, status: 'SUCCESS', version: 4 })
    expect(await redeem()).toEqual({ sn: order.sn })
  })

  test('does not dispute the payment again once it is dismissed', async ({ app }) => {
    const { payment, misfitId, tell } = await givenForeign(app)
    await dismissForeign(app.deps, { misfitId })
    expect(await tell()).toMatchObject({ outcome: 'OTHER_TRANSACTION', version: null })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ disputedAt: null })
  })
})

describe('a refund by hand whose notice was lost', () => {
  test('is taken over by its number, and ends the hold', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.faults.add({ endpoint: 'refund-notice', kind: 'lost' })
    const { outRefundNo } = app.sandbox.refundByHand({ outTradeNo: payment.sn, refundFen: 100 })
    await settle(app.deps, {
      transaction: { ...paidWord(payment), transactionId: payment.transactionId ?? '', tradeState: 'REFUND' },
      source: 'QUERY',
    })
    expect((await paymentOf(app.deps, payment.sn)).heldAt).not.toBeNull()

    await expect.poll(async () => takeOverRefund(app.deps, { outRefundNo })).toBe('SAME')

    const released = await paymentOf(app.deps, payment.sn)
    expect(released).toMatchObject({ heldAt: null, refundedTotal: 100, status: 'SUCCESS' })
  })
})
