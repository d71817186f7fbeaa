import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, givenPaid, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import {
  givenRefundAsked,
  loseNotices,
  newestRefund,
  refundManually,
  runRefunds,
  summaryOf,
} from '../../harness/money.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

type Change = Record<string, unknown>

/** What a notice may say of our refund that isn't what we asked for. */
const mismatches: [string, (other: Tapped['payment']) => Change][] = [
  ['with less than it asks for', () => ({ amount: amountOf(12_000) })],
  ['with more than it asks for', () => ({ amount: amountOf(12_801) })],
  ['for another payment', ({ sn, transactionId }) => ({ out_trade_no: sn, transaction_id: transactionId })],
  ['with the transaction of another payment', ({ transactionId }) => ({ transaction_id: transactionId })],
  ['for a payment that nobody made', () => ({ out_trade_no: 'PA00000000NOBODY' })],
]

function amountOf(refundFen: number) {
  return { total: 12_800, refund: refundFen, payer_total: 12_800, payer_refund: refundFen }
}

/** A guest's refund that has succeeded at WeChat, which nobody has told us, and the paid order of another guest. */
async function givenUntold(app: TestApp) {
  const other = await givenPaid(app, await freshOrder(app))
  const asked = await givenRefundAsked(app)
  loseNotices(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
  await runRefunds(app.deps)
  app.sandbox.endRefund(asked.refund.outRefundNo, 'SUCCESS')
  return { ...asked, other }
}

describe('a refund of ours', () => {
  test.for(mismatches)('told %s is kept for a person, and the books stay as they are', async ([, change], { app }) => {
    const { order, payment, refund, other } = await givenUntold(app)
    const books = () => Promise.all([snapshotOf(app.deps, order.sn), snapshotOf(app.deps, other.order.sn)])
    const before = await books()
    const { outRefundNo } = refund

    const content = change(await paymentOf(app.deps, other.payment.sn))
    expect(await app.sandbox.sendNotice(outRefundNo, { copies: 3, content })).toEqual([204, 204, 204])

    expect(await books()).toEqual(before)
    const mismatch = {
      number: outRefundNo,
      subject: 'REFUND',
      kind: 'SUCCESS',
      resolvedAt: null,
      content: expect.objectContaining(content),
    }
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([mismatch])

    // The word that fits is taken all the same.
    expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([204])
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ outRefundNo, status: 'SUCCESS' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', refundedTotal: 12_800 })
  })
})

describe('a refund made by hand', () => {
  test('told with a transaction that didn’t pay its payment is not taken over', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    const content = { transaction_id: '4200000000000000000000000000' }

    expect(await app.sandbox.sendNotice(outRefundNo, { content })).toEqual([204])
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([
      { number: outRefundNo, subject: 'REFUND', kind: 'SUCCESS' },
    ])
  })
})
