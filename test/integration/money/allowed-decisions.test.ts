import type { Payment } from '../../../prisma/client/client.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { acceptMismatch, refundMismatch } from '../../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { parseRefund } from '../../../src/wechat/transaction.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenPaid, paymentOf } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const NOT_FOUND = { code: 'NOT_FOUND' }

/** Settles a report that doesn't match the payment. @returns the mismatch's id. */
async function reportMoney({ deps }: TestApp, payment: Payment, change: Record<string, unknown>): Promise<string> {
  const transaction = paidReport(payment, change)
  const { transactionId, outTradeNo: number } = transaction
  await settle(deps, { transaction, source: 'NOTICE' })
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({
    where: { number, transactionId: transactionId ?? '' },
  })
  return id
}

/** Records a refund that exceeds a paid payment, or whatever `change` makes of it. @returns the mismatch's id. */
async function reportRefund(
  { deps }: TestApp,
  payment: Payment,
  change: Record<string, unknown> = {},
): Promise<string> {
  const report = parseRefund({
    refund_id: newTransactionId(),
    out_refund_no: `manual-${newTransactionId()}`,
    transaction_id: payment.transactionId,
    out_trade_no: payment.sn,
    status: 'SUCCESS',
    amount: { total: payment.payTotal, refund: payment.payTotal + 1 },
    ...change,
  })
  expect(await recordRefund(deps, { report, source: 'NOTICE' })).toBe('MISMATCH')
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { number: report.outRefundNo } })
  return id
}

/** A transaction that paid one order, reported for the pending payment of another. */
async function givenTakenTransaction(app: TestApp) {
  loseNotices(app)
  const { payment: another } = await freshTapped(app)
  const transaction = paidReport(another)
  await settle(app.deps, { transaction, source: 'NOTICE' })
  const { payment } = await freshTapped(app)
  return { payment, mismatchId: await reportMoney(app, payment, { transaction_id: transaction.transactionId }) }
}

async function givenOtherTransaction(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await reportMoney(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenExcessiveRefund(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await reportRefund(app, payment) }
}

async function givenRefundOfOtherTransaction(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await reportRefund(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenWrongAmount(app: TestApp) {
  loseNotices(app)
  const { payment } = await freshTapped(app)
  return { payment, mismatchId: await reportMoney(app, payment, { amount: amountOf(10_000) }) }
}

/** A payment's order as it is stored, and all mismatches. */
async function everythingOf({ deps }: TestApp, { orderSn }: Payment) {
  return [await snapshotOf(deps, orderSn), await deps.db.paymentMismatch.findMany({ orderBy: { createdAt: 'asc' } })]
}

describe('an operator', () => {
  const undecidable = [
    ['another transaction of a paid payment', givenOtherTransaction],
    ['a transaction that paid another order', givenTakenTransaction],
    ['a refund of more than was paid', givenExcessiveRefund],
  ] as const

  test.for(undecidable)('an operator can neither accept nor refund %s', async ([, given], { app }) => {
    const { payment, mismatchId } = await given(app)
    const before = await everythingOf(app, payment)

    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)
    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)

    expect(await everythingOf(app, payment)).toEqual(before)
  })

  test('an operator can not dismiss a mismatch whose money may be the payment’s', async ({ app }) => {
    const { payment, mismatchId } = await givenWrongAmount(app)
    const before = await everythingOf(app, payment)

    await expect(dismissMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)

    expect(await everythingOf(app, payment)).toEqual(before)
  })

  test.for([
    ['of more than was paid', givenExcessiveRefund],
    ['of another transaction', givenRefundOfOtherTransaction],
  ] as const)('an operator can dismiss a refund %s, which leaves the payment unchanged', async ([, given], { app }) => {
    const { payment, mismatchId } = await given(app)
    const before = await paymentOf(app.deps, payment.sn)

    await dismissMismatch(app.deps, { mismatchId })

    expect(await paymentOf(app.deps, payment.sn)).toEqual(before)
    const mismatch = await app.deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
    expect(mismatch).toMatchObject({ resolution: 'DISMISSED', resolvedAt: expect.any(Date) })
  })
})

describe('a payment under review for other transactions', () => {
  test('keeps a payment under review until the last of its other transactions is dismissed', async ({ app }) => {
    const { payment, mismatchId } = await givenOtherTransaction(app)
    const second = await reportMoney(app, payment, { transaction_id: newTransactionId() })

    await dismissMismatch(app.deps, { mismatchId })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: expect.any(Date) })

    await dismissMismatch(app.deps, { mismatchId: second })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
  })

  test('ends the review though a mismatch about a refund is still open', async ({ app }) => {
    const { payment, mismatchId } = await givenOtherTransaction(app)
    const refundMismatchId = await reportRefund(app, payment)

    await dismissMismatch(app.deps, { mismatchId })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
    const open = await app.deps.db.paymentMismatch.findMany({ where: { resolvedAt: null } })
    expect(open.map(({ id }) => id)).toEqual([refundMismatchId])
  })
})
