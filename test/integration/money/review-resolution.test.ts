import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf, payOnPhone } from '../../harness/fixtures.ts'
import { loseNotices, refundManually, refundsOf, summaryOf } from '../../harness/money.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

/** An order that its guest paid at WeChat, without a notice: `report` settles a report about the money. */
async function givenUnreportedMoney(app: TestApp) {
  const tapped = await givenTapped(app)
  loseNotices(app)
  const { transactionId } = await payOnPhone(app, tapped.params)
  const report = (change: Record<string, unknown> = {}) =>
    settle(app.deps, {
      transaction: paidReport(tapped.payment, { transaction_id: transactionId, ...change }),
      source: 'NOTICE',
    })
  return { ...tapped, transactionId, report }
}

async function mismatchOf({ deps }: TestApp, kind: string) {
  return deps.db.paymentMismatch.findFirstOrThrow({ where: { kind } })
}

/** The unresolved mismatches, oldest first. */
async function openMismatches({ deps }: TestApp) {
  const open = await deps.db.paymentMismatch.findMany({ where: { resolvedAt: null }, orderBy: { createdAt: 'asc' } })
  return open.map(({ kind, transactionId }) => `${kind} ${transactionId}`)
}

/** What the host gets who tries the order's entry code. */
async function redemptionOutcome(app: TestApp, { sn, hostUserId }: { sn: string; hostUserId: string }) {
  const { tradeCode } = await orderOf(app.deps, sn)
  const redeem = redeemTradeCode(app.deps, { hostUserId, tradeCode: tradeCode ?? '' })
  return redeem.then(
    () => 'REDEEMED',
    (error: { code: string }) => error.code,
  )
}

describe('a review', () => {
  test('keeps a payment under review after another transaction settles it, until the mismatch is dismissed', async ({
    app,
  }) => {
    const { payment, report } = await givenUnreportedMoney(app)
    const otherTransactionId = newTransactionId()
    await report({ transaction_id: otherTransactionId, amount: amountOf(10_000) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')

    await report()
    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: expect.any(Date) })
    expect(await openMismatches(app)).toEqual([`AMOUNT ${otherTransactionId}`])
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await openMismatches(app)).toEqual([`AMOUNT ${otherTransactionId}`])
    await dismissMismatch(app.deps, { mismatchId })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
  })

  test('reopens the review for a mismatch that was stored while the review was ending', async ({ app }) => {
    const { payment, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(10_000) })
    await report({ transaction_id: newTransactionId(), amount: amountOf(10_000) })
    await report()
    // As if the second mismatch had been stored after the third report's snapshot, and before its lock.
    await app.deps.db.payment.update({ where: { sn: payment.sn }, data: { underReviewAt: null } })

    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: expect.any(Date) })
  })

  test('one decision resolves every mismatch of the same transaction', async ({ app }) => {
    const { payment, order, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(10_000) })
    await report({ payer: { openid: 'o_somebody_else' } })

    expect(await refundMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'AMOUNT')).id })).toBe('REFUNDED')
    expect(await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'PAYER')).id })).toBe('REFUNDED')

    expect(await openMismatches(app)).toEqual([])
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('resolves the mismatches as SETTLED once a matching report settles the payment', async ({ app }) => {
    const { payment, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(10_000) })
    await report()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })

    await finishDecisions(app.deps)

    expect(await openMismatches(app)).toEqual([])
    expect(await mismatchOf(app, 'AMOUNT')).toMatchObject({ resolution: 'SETTLED' })
  })

  test('neither accepts nor refunds a mismatch with an amount of 0', async ({ app }) => {
    const { payment, order, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(0) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')

    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', underReviewAt: expect.any(Date) })
  })

  test('raises one alert when a mismatch is first reported, and none for copies of the report', async ({ app }) => {
    const { payment } = await givenUnreportedMoney(app)
    const { deps, alarms } = withAlerts(app.deps)
    const transaction = paidReport(payment, { amount: amountOf(10_000) })

    for (const source of ['NOTICE', 'NOTICE', 'QUERY'] as const) await settle(deps, { transaction, source })

    expect(alarms).toEqual(['mismatch'])
  })
})

describe('a manual refund of money under review', () => {
  test('puts an accepted payment on hold until its manual refund is known', async ({ app }) => {
    const { payment, order, hostUserId, report } = await givenUnreportedMoney(app)
    await report({ success_time: '2020-01-01T00:00:00+08:00' })
    await refundManually(app, payment.sn)

    await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'TIME')).id })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: expect.any(Date) })
    expect(await redemptionOutcome(app, { sn: order.sn, hostUserId })).toBe('TRADE_CODE_INVALID')
  })

  test('adopts a manual refund that was reported during the review before the payment is applied', async ({ app }) => {
    const { payment, order, hostUserId, report } = await givenUnreportedMoney(app)
    await report({ success_time: '2020-01-01T00:00:00+08:00' })
    expect(await app.sandbox.sendNotice(await refundManually(app, payment.sn))).toEqual([204])
    expect(await refundsOf(app.deps, payment.sn)).toEqual([])

    await report()
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    expect(await redemptionOutcome(app, { sn: order.sn, hostUserId })).toBe('TRADE_CODE_INVALID')
  })

  test('accepts a mismatch as it was reported when WeChat answers ORDER_NOT_EXIST', async ({ app }) => {
    const { payment, order, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(10_000) })
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST' })

    await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'AMOUNT')).id })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: null, paidTotal: 10_000 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('stores a decision while WeChat is unavailable, and carries it out once WeChat answers', async ({ app }) => {
    const { payment, report } = await givenUnreportedMoney(app)
    await report({ amount: amountOf(10_000) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ name: 'WechatPayError' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })
    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    expect(await openMismatches(app)).toEqual([])
  })
})
