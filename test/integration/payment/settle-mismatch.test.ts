import type { Payment } from '../../../prisma/client/client.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

const HUGE = Number.MAX_SAFE_INTEGER

/** How a report may differ from what the attempt stored, and the kind of mismatch that makes it. */
const mismatches: [string, (payment: Payment) => Record<string, unknown>][] = [
  ['AMOUNT', ({ payTotal }) => ({ amount: amountOf(payTotal - 1) })],
  // A payer_total that equals the price must not hide a total that doesn't.
  ['AMOUNT', ({ payTotal }) => ({ amount: amountOf(payTotal + 800, payTotal) })],
  ['AMOUNT', () => ({ amount: amountOf(0) })],
  ['AMOUNT', () => ({ amount: amountOf(HUGE) })],
  ['PAYER', () => ({ payer: { openid: 'o_somebody_else' } })],
  ['PAYER', () => ({ payer: null })],
  ['MERCHANT', () => ({ mchid: '1999999999' })],
  ['APP', () => ({ appid: 'wx9999999999999999' })],
  ['CURRENCY', ({ payTotal }) => ({ amount: { ...amountOf(payTotal), currency: 'USD' } })],
  ['TIME', ({ createdAt }) => ({ success_time: new Date(createdAt.getTime() - 3_600_000).toISOString() })],
  ['TIME', () => ({ success_time: new Date(Date.now() + 3_600_000).toISOString() })],
  ['TIME', () => ({ success_time: null })],
]

function settleNotice(app: TestApp, payment: Payment, change: Record<string, unknown> = {}) {
  return settle(app.deps, { transaction: paidReport(payment, change), source: 'NOTICE' })
}

describe('a verified success that does not match its attempt', () => {
  test.for(mismatches)(
    'stores a mismatch of kind %s once, and puts the payment under review without changing anything else',
    async ([kind, change], { app }) => {
      const { payment, order } = await freshTapped(app)
      const transaction = paidReport(payment, change(payment))

      const first = await settle(app.deps, { transaction, source: 'NOTICE' })
      const again = await settle(app.deps, { transaction, source: 'QUERY' })

      expect(first).toMatchObject({ outcome: 'MISMATCH', mismatch: kind, version: 2 })
      expect(again).toMatchObject({ outcome: 'MISMATCH', mismatch: kind, version: null })
      const underReview = await paymentOf(app.deps, payment.sn)
      expect(underReview).toMatchObject({ status: 'PENDING', paidAt: null, transactionId: null, paidTotal: null })
      expect(underReview.underReviewAt).not.toBeNull()
      const stored = await app.deps.db.paymentMismatch.findMany({ where: { paymentSn: payment.sn } })
      expect(stored).toMatchObject([{ kind, source: 'NOTICE', content: transaction.raw, resolvedAt: null }])
      expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY', paidBySn: null })
    },
  )

  test('stores TRANSACTION_TAKEN for a transaction that paid another payment', async ({ app }) => {
    const [mine, other] = [await freshTapped(app), await freshTapped(app)]
    const transactionId = newTransactionId()
    await settleNotice(app, other.payment, { transaction_id: transactionId })

    const settled = await settleNotice(app, mine.payment, { transaction_id: transactionId })

    expect(settled).toMatchObject({ outcome: 'MISMATCH', mismatch: 'TRANSACTION_TAKEN' })
    expect((await paymentOf(app.deps, mine.payment.sn)).underReviewAt).not.toBeNull()
    expect(await paymentOf(app.deps, other.payment.sn)).toMatchObject({
      status: 'SUCCESS',
      underReviewAt: null,
      transactionId,
    })
  })

  test('settles a payment that a coupon paid in part, since amount.total matches', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const settled = await settleNotice(app, payment, { amount: amountOf(payment.payTotal, 1) })

    expect(settled).toMatchObject({ outcome: 'MOVED' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', payerTotal: 1 })
  })

  test('neither closes a payment under review nor cancels its order', async ({ app }) => {
    const { payment, order } = await freshTapped(app)
    await settleNotice(app, payment, { amount: amountOf(1) })

    const end = await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn })

    expect(end).toBe('UNDER_REVIEW')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ closedAt: null })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })

  test('settles a payment under review by a later report that matches, and ends the review', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transactionId = newTransactionId()
    await settleNotice(app, payment, { transaction_id: transactionId, payer: { openid: 'o_somebody_else' } })

    const settled = await settleNotice(app, payment, { transaction_id: transactionId })

    expect(settled).toMatchObject({ outcome: 'MOVED', version: 3 })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      transactionId,
      underReviewAt: null,
    })
  })

  test('stores each kind of mismatch of one transaction', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction_id = newTransactionId()

    await settleNotice(app, payment, { transaction_id, amount: amountOf(1) })
    await settleNotice(app, payment, { transaction_id, mchid: '1999999999' })

    const kinds = await app.deps.db.paymentMismatch.findMany({ select: { kind: true }, orderBy: { kind: 'asc' } })
    expect(kinds).toEqual([{ kind: 'AMOUNT' }, { kind: 'MERCHANT' }])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ version: 2 })
  })
})

describe('a report that no database column can hold', () => {
  test('settles a payment whose payer_total exceeds a database integer', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const settled = await settleNotice(app, payment, { amount: amountOf(payment.payTotal, HUGE) })

    expect(settled.outcome).toBe('MOVED')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', paidTotal: payment.payTotal })
  })

  const everyText = [
    'out_trade_no',
    'transaction_id',
    'mchid',
    'appid',
    'trade_type',
    'trade_state_desc',
    'attach',
    'bank_type',
    'a key with \0 in it',
  ]
  test('settles or stores a report with a NUL in any of its texts', async ({ app }) => {
    for (const field of everyText) {
      const { payment } = await freshTapped(app)
      const settled = await settleNotice(app, payment, { [field]: `${payment.sn}\0\ud800` })
      expect([field, ['MOVED', 'MISMATCH', 'UNKNOWN'].includes(settled.outcome)]).toEqual([field, true])
    }
  })

  test('stores a mismatch for a NUL in the payer or the currency', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const payer = await settleNotice(app, payment, { payer: { openid: `${payment.openid}\0` } })
    const currency = await settleNotice(app, payment, { amount: { ...amountOf(payment.payTotal), currency: 'CNY\0' } })

    expect([payer.mismatch, currency.mismatch]).toEqual(['PAYER', 'CURRENCY'])
  })

  test('does not find a payment by its number with a NUL appended', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const { outcome } = await settleNotice(app, payment, { out_trade_no: `${payment.sn}\0` })

    expect(outcome).toBe('UNKNOWN')
  })
})
