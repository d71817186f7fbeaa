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

/** WeChat names money for a payment; what doesn't fit is kept for a person. @returns the mismatch's id. */
async function tell({ deps }: TestApp, payment: Payment, change: Record<string, unknown>): Promise<string> {
  const transaction = paidReport(payment, change)
  const { transactionId, outTradeNo: number } = transaction
  await settle(deps, { transaction, source: 'NOTICE' })
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({
    where: { number, transactionId: transactionId ?? '' },
  })
  return id
}

/** WeChat names a refund that breaks the books of a paid payment. @returns the mismatch's id. */
async function tellRefund({ deps }: TestApp, payment: Payment, change: Record<string, unknown> = {}): Promise<string> {
  const told = parseRefund({
    refund_id: newTransactionId(),
    out_refund_no: `by-hand-${newTransactionId()}`,
    transaction_id: payment.transactionId,
    out_trade_no: payment.sn,
    status: 'SUCCESS',
    amount: { total: payment.payTotal, refund: payment.payTotal + 1 },
    ...change,
  })
  expect(await recordRefund(deps, { report: told, source: 'NOTICE' })).toBe('MISMATCH')
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { number: told.outRefundNo } })
  return id
}

/** Money that paid one order, told for the tapped payment of another. */
async function givenTaken(app: TestApp) {
  loseNotices(app)
  const { payment: another } = await freshTapped(app)
  const word = paidReport(another)
  await settle(app.deps, { transaction: word, source: 'NOTICE' })
  const { payment } = await freshTapped(app)
  return { payment, mismatchId: await tell(app, payment, { transaction_id: word.transactionId }) }
}

async function givenElsewhere(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await tell(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenRefundMismatch(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await tellRefund(app, payment) }
}

async function givenRefundOfAnother(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, mismatchId: await tellRefund(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenOtherAmount(app: TestApp) {
  loseNotices(app)
  const { payment } = await freshTapped(app)
  return { payment, mismatchId: await tell(app, payment, { amount: amountOf(10_000) }) }
}

/** All that is known of a payment's order, and all that waits for a person. */
async function allOf({ deps }: TestApp, { orderSn }: Payment) {
  return [await snapshotOf(deps, orderSn), await deps.db.paymentMismatch.findMany({ orderBy: { createdAt: 'asc' } })]
}

describe('an operator', () => {
  const undecidable = [
    ['the money of another transaction than the one that paid', givenElsewhere],
    ['money that paid another order', givenTaken],
    ['a refund that breaks the books', givenRefundMismatch],
  ] as const

  test.for(undecidable)('can neither accept nor refund %s', async ([, given], { app }) => {
    const { payment, mismatchId } = await given(app)
    const before = await allOf(app, payment)

    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)
    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)

    expect(await allOf(app, payment)).toEqual(before)
  })

  test('can’t dismiss money that may be the payment’s', async ({ app }) => {
    const { payment, mismatchId } = await givenOtherAmount(app)
    const before = await allOf(app, payment)

    await expect(dismissMismatch(app.deps, { mismatchId })).rejects.toMatchObject(NOT_FOUND)

    expect(await allOf(app, payment)).toEqual(before)
  })

  test.for([
    ['that breaks the books', givenRefundMismatch],
    ['of another transaction', givenRefundOfAnother],
  ] as const)('can dismiss a refund %s, which changes nothing else', async ([, given], { app }) => {
    const { payment, mismatchId } = await given(app)
    const before = await paymentOf(app.deps, payment.sn)

    await dismissMismatch(app.deps, { mismatchId })

    expect(await paymentOf(app.deps, payment.sn)).toEqual(before)
    const mismatch = await app.deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
    expect(mismatch).toMatchObject({ resolution: 'DISMISSED', resolvedAt: expect.any(Date) })
  })
})

describe('a payment that foreign money disputes', () => {
  test('is disputed until the last of it is dismissed', async ({ app }) => {
    const { payment, mismatchId } = await givenElsewhere(app)
    const second = await tell(app, payment, { transaction_id: newTransactionId() })

    await dismissMismatch(app.deps, { mismatchId })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: expect.any(Date) })

    await dismissMismatch(app.deps, { mismatchId: second })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
  })

  test('is released though a refund still waits for a person', async ({ app }) => {
    const { payment, mismatchId } = await givenElsewhere(app)
    const refund = await tellRefund(app, payment)

    await dismissMismatch(app.deps, { mismatchId })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
    const open = await app.deps.db.paymentMismatch.findMany({ where: { resolvedAt: null } })
    expect(open.map(({ id }) => id)).toEqual([refund])
  })
})
