import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { parseRefund } from '../../../src/wechat/transaction.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, givenPaid, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import {
  givenRequestedRefund,
  loseNotices,
  newestRefund,
  refundManually,
  runRefunds,
  summaryOf,
} from '../../harness/money.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

type Change = Record<string, unknown>

/** How a notice about a refund of ours may differ from what we requested. */
const mismatches: [string, (other: Tapped['payment']) => Change][] = [
  ['less than was requested', () => ({ amount: amountOf(12_000) })],
  ['more than was requested', () => ({ amount: amountOf(12_801) })],
  ['another payment', ({ sn, transactionId }) => ({ out_trade_no: sn, transaction_id: transactionId })],
  ['the transaction of another payment', ({ transactionId }) => ({ transaction_id: transactionId })],
  ['another merchant', () => ({ mchid: '1900000999' })],
  ['less as the price than was paid', () => ({ amount: { ...amountOf(12_800), total: 12_799 } })],
  ['more as the price than was paid', () => ({ amount: { ...amountOf(12_800), total: 25_600 } })],
  ['another currency', () => ({ amount: { ...amountOf(12_800), currency: 'USD' } })],
  ['a payment that does not exist', () => ({ out_trade_no: 'PA00000000NOBODY' })],
]

function amountOf(refundFen: number) {
  return { total: 12_800, refund: refundFen, payer_total: 12_800, payer_refund: refundFen }
}

/** A guest's refund that succeeded at WeChat and wasn't reported yet, and the paid order of another guest. */
async function givenUnreportedRefund(app: TestApp) {
  const other = await givenPaid(app, await freshOrder(app))
  const requested = await givenRequestedRefund(app)
  loseNotices(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
  await runRefunds(app.deps)
  app.sandbox.endRefund(requested.refund.outRefundNo, 'SUCCESS')
  return { ...requested, other }
}

describe('a notice about a refund of ours', () => {
  test.for(mismatches)(
    'stores a mismatch, and changes nothing, when a refund notice names %s',
    async ([, change], { app }) => {
      const { order, payment, refund, other } = await givenUnreportedRefund(app)
      const snapshots = () => Promise.all([snapshotOf(app.deps, order.sn), snapshotOf(app.deps, other.order.sn)])
      const before = await snapshots()
      const { outRefundNo } = refund

      const content = change(await paymentOf(app.deps, other.payment.sn))
      expect(await app.sandbox.sendNotice(outRefundNo, { copies: 3, content })).toEqual([204, 204, 204])

      expect(await snapshots()).toEqual(before)
      const mismatch = {
        number: outRefundNo,
        subject: 'REFUND',
        kind: 'SUCCESS',
        resolvedAt: null,
        content: expect.objectContaining(content),
      }
      expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([mismatch])

      // The report that matches is still recorded.
      expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([204])
      expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ outRefundNo, status: 'SUCCESS' })
      expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', refundedTotal: 12_800 })
    },
  )
})

describe('the answer to a query about a refund of ours', () => {
  test.for([
    ['another merchant', { mchid: '1900000999' }],
    ['another price', { amount: { ...amountOf(12_800), total: 12_799 } }],
  ] as const)('stores a mismatch, and changes nothing, when the answer names %s', async ([, change], { app }) => {
    const { order, refund } = await givenUnreportedRefund(app)
    const before = await snapshotOf(app.deps, order.sn)
    const { outRefundNo } = refund
    const { raw } = await queryRefund(app.deps.wechat, { outRefundNo })
    const report = parseRefund({ ...raw, ...change })

    const record = () => recordRefund(app.deps, { report, source: 'QUERY' })
    expect([await record(), await record()]).toEqual(['MISMATCH', 'MISMATCH'])

    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([{ subject: 'REFUND', number: outRefundNo }])
  })
})

describe('a notice about a manual refund', () => {
  test('does not adopt a manual refund of another merchant', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)

    expect(await app.sandbox.sendNotice(outRefundNo, { content: { mchid: '1900000999' } })).toEqual([204])
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])
  })

  test('does not adopt a manual refund whose transaction did not pay its payment', async ({ app }) => {
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
