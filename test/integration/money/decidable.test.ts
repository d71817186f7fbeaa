import type { Payment } from '../../../prisma/client/client.ts'
import { applyRefund } from '../../../src/payment/apply-refund.ts'
import { acceptDisputed, refundDisputed } from '../../../src/payment/operate.ts'
import { dismissForeign } from '../../../src/payment/release.ts'
import { settle } from '../../../src/payment/settle.ts'
import { parseRefund } from '../../../src/wechat/transaction.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { booksOf } from '../../harness/books.ts'
import { loseNotices } from '../../harness/money.ts'
import { freshOrder, freshTapped, givenPaid, paymentOf } from '../../harness/scene.ts'
import { amountOf, newTransactionId, paidWord } from '../../harness/word.ts'

const NOT_FOUND = { code: 'NOT_FOUND' }

/** WeChat names money for a payment; what doesn't fit is kept for a person. @returns the misfit's id. */
async function tell({ deps }: TestApp, payment: Payment, change: Record<string, unknown>): Promise<string> {
  const transaction = paidWord(payment, change)
  const { transactionId, outTradeNo: number } = transaction
  await settle(deps, { transaction, source: 'NOTICE' })
  const { id } = await deps.db.paymentMisfit.findFirstOrThrow({ where: { number, transactionId: transactionId ?? '' } })
  return id
}

/** WeChat names a refund that breaks the books of a paid payment. @returns the misfit's id. */
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
  expect(await applyRefund(deps, told, 'NOTICE')).toBe('MISFIT')
  const { id } = await deps.db.paymentMisfit.findFirstOrThrow({ where: { number: told.outRefundNo } })
  return id
}

/** Money that paid one order, told for the tapped payment of another. */
async function givenTaken(app: TestApp) {
  loseNotices(app)
  const { payment: another } = await freshTapped(app)
  const word = paidWord(another)
  await settle(app.deps, { transaction: word, source: 'NOTICE' })
  const { payment } = await freshTapped(app)
  return { payment, misfitId: await tell(app, payment, { transaction_id: word.transactionId }) }
}

async function givenForeign(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, misfitId: await tell(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenRefundMisfit(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, misfitId: await tellRefund(app, payment) }
}

async function givenRefundOfAnother(app: TestApp) {
  const { payment } = await givenPaid(app, await freshOrder(app))
  return { payment, misfitId: await tellRefund(app, payment, { transaction_id: newTransactionId() }) }
}

async function givenOtherAmount(app: TestApp) {
  loseNotices(app)
  const { payment } = await freshTapped(app)
  return { payment, misfitId: await tell(app, payment, { amount: amountOf(10_000) }) }
}

/** All that is known of a payment's order, and all that waits for a person. */
async function allOf({ deps }: TestApp, { orderSn }: Payment) {
  return [await booksOf(deps, orderSn), await deps.db.paymentMisfit.findMany({ orderBy: { createdAt: 'asc' } })]
}

describe('an operator', () => {
  const undecidable = [
    ['the money of another transaction than the one that paid', givenForeign],
    ['money that paid another order', givenTaken],
    ['a refund that breaks the books', givenRefundMisfit],
  ] as const

  test.for(undecidable)('can neither accept nor refund %s', async ([, given], { app }) => {
    const { payment, misfitId } = await given(app)
    const before = await allOf(app, payment)

    await expect(acceptDisputed(app.deps, { misfitId })).rejects.toMatchObject(NOT_FOUND)
    await expect(refundDisputed(app.deps, { misfitId })).rejects.toMatchObject(NOT_FOUND)

    expect(await allOf(app, payment)).toEqual(before)
  })

  test('can’t dismiss money that may be the payment’s', async ({ app }) => {
    const { payment, misfitId } = await givenOtherAmount(app)
    const before = await allOf(app, payment)

    await expect(dismissForeign(app.deps, { misfitId })).rejects.toMatchObject(NOT_FOUND)

    expect(await allOf(app, payment)).toEqual(before)
  })

  test.for([
    ['that breaks the books', givenRefundMisfit],
    ['of another transaction', givenRefundOfAnother],
  ] as const)('can dismiss a refund %s, which changes nothing else', async ([, given], { app }) => {
    const { payment, misfitId } = await given(app)
    const before = await paymentOf(app.deps, payment.sn)

    await dismissForeign(app.deps, { misfitId })

    expect(await paymentOf(app.deps, payment.sn)).toEqual(before)
    const misfit = await app.deps.db.paymentMisfit.findUniqueOrThrow({ where: { id: misfitId } })
    expect(misfit).toMatchObject({ resolution: 'DISMISSED', resolvedAt: expect.any(Date) })
  })
})

describe('a payment that foreign money disputes', () => {
  test('is disputed until the last of it is dismissed', async ({ app }) => {
    const { payment, misfitId } = await givenForeign(app)
    const second = await tell(app, payment, { transaction_id: newTransactionId() })

    await dismissForeign(app.deps, { misfitId })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ disputedAt: expect.any(Date) })

    await dismissForeign(app.deps, { misfitId: second })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ disputedAt: null })
  })

  test('is released though a refund still waits for a person', async ({ app }) => {
    const { payment, misfitId } = await givenForeign(app)
    const refund = await tellRefund(app, payment)

    await dismissForeign(app.deps, { misfitId })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ disputedAt: null })
    const open = await app.deps.db.paymentMisfit.findMany({ where: { resolvedAt: null } })
    expect(open.map(({ id }) => id)).toEqual([refund])
  })
})
