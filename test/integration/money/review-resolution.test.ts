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

/** A tapped order whose guest's money is at WeChat; what is told of it is the test's to say. */
async function givenMoney(app: TestApp) {
  const tapped = await givenTapped(app)
  loseNotices(app)
  const { transactionId } = await payOnPhone(app, tapped.params)
  const tell = (change: Record<string, unknown> = {}) =>
    settle(app.deps, {
      transaction: paidReport(tapped.payment, { transaction_id: transactionId, ...change }),
      source: 'NOTICE',
    })
  return { ...tapped, transactionId, tell }
}

async function mismatchOf({ deps }: TestApp, kind: string) {
  return deps.db.paymentMismatch.findFirstOrThrow({ where: { kind } })
}

/** The mismatches that nobody has dealt with. */
async function openMismatches({ deps }: TestApp) {
  const open = await deps.db.paymentMismatch.findMany({ where: { resolvedAt: null }, orderBy: { createdAt: 'asc' } })
  return open.map(({ kind, transactionId }) => `${kind} ${transactionId}`)
}

async function redeemEnd(app: TestApp, { sn, hostUserId }: { sn: string; hostUserId: string }) {
  const { tradeCode } = await orderOf(app.deps, sn)
  const redeem = redeemTradeCode(app.deps, { hostUserId, tradeCode: tradeCode ?? '' })
  return redeem.then(
    () => 'REDEEMED',
    (error: { code: string }) => error.code,
  )
}

describe('a dispute', () => {
  test('outlives money of another transaction that fits, until an operator has dealt with its own', async ({ app }) => {
    const { payment, tell } = await givenMoney(app)
    const strange = newTransactionId()
    await tell({ transaction_id: strange, amount: amountOf(10_000) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')

    await tell()
    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: expect.any(Date) })
    expect(await openMismatches(app)).toEqual([`AMOUNT ${strange}`])
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await openMismatches(app)).toEqual([`AMOUNT ${strange}`])
    await dismissMismatch(app.deps, { mismatchId })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ underReviewAt: null })
  })

  test('is opened again for a mismatch that its end did not see', async ({ app }) => {
    const { payment, tell } = await givenMoney(app)
    await tell({ amount: amountOf(10_000) })
    await tell({ transaction_id: newTransactionId(), amount: amountOf(10_000) })
    await tell()
    // As if the second had been told between the snapshot and the lock of the third.
    await app.deps.db.payment.update({ where: { sn: payment.sn }, data: { underReviewAt: null } })

    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: expect.any(Date) })
  })

  test('is decided once for all that doesn’t fit about one transaction', async ({ app }) => {
    const { payment, order, tell } = await givenMoney(app)
    await tell({ amount: amountOf(10_000) })
    await tell({ payer: { openid: 'o_somebody_else' } })

    expect(await refundMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'AMOUNT')).id })).toBe('REFUNDED')
    expect(await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'PAYER')).id })).toBe('REFUNDED')

    expect(await openMismatches(app)).toEqual([])
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('that a fitting word has ended waits for nobody any more', async ({ app }) => {
    const { payment, tell } = await givenMoney(app)
    await tell({ amount: amountOf(10_000) })
    await tell()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })

    await finishDecisions(app.deps)

    expect(await openMismatches(app)).toEqual([])
    expect(await mismatchOf(app, 'AMOUNT')).toMatchObject({ resolution: 'SETTLED' })
  })

  test('about an amount that is none can’t be booked, and so not be decided', async ({ app }) => {
    const { payment, order, tell } = await givenMoney(app)
    await tell({ amount: amountOf(0) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')

    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ code: 'NOT_FOUND' })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', underReviewAt: expect.any(Date) })
  })

  test('rings when it begins, and not for every copy of the word', async ({ app }) => {
    const { payment } = await givenMoney(app)
    const { deps, alarms } = withAlerts(app.deps)
    const transaction = paidReport(payment, { amount: amountOf(10_000) })

    for (const source of ['NOTICE', 'NOTICE', 'QUERY'] as const) await settle(deps, { transaction, source })

    expect(alarms).toEqual(['mismatch'])
  })
})

describe('disputed money that went back by hand', () => {
  test('and is accepted all the same holds its order until the refund is known', async ({ app }) => {
    const { payment, order, hostUserId, tell } = await givenMoney(app)
    await tell({ success_time: '2020-01-01T00:00:00+08:00' })
    await refundManually(app, payment.sn)

    await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'TIME')).id })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: expect.any(Date) })
    expect(await redeemEnd(app, { sn: order.sn, hostUserId })).toBe('TRADE_CODE_INVALID')
  })

  test('as was told during the dispute is taken over before the order follows', async ({ app }) => {
    const { payment, order, hostUserId, tell } = await givenMoney(app)
    await tell({ success_time: '2020-01-01T00:00:00+08:00' })
    expect(await app.sandbox.sendNotice(await refundManually(app, payment.sn))).toEqual([204])
    expect(await refundsOf(app.deps, payment.sn)).toEqual([])

    await tell()
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    expect(await redeemEnd(app, { sn: order.sn, hostUserId })).toBe('TRADE_CODE_INVALID')
  })

  test('is accepted as it was told while WeChat doesn’t know it', async ({ app }) => {
    const { payment, order, tell } = await givenMoney(app)
    await tell({ amount: amountOf(10_000) })
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST' })

    await acceptMismatch(app.deps, { mismatchId: (await mismatchOf(app, 'AMOUNT')).id })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: null, paidTotal: 10_000 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('is decided while WeChat gives no answer, and dealt with once it does', async ({ app }) => {
    const { payment, tell } = await givenMoney(app)
    await tell({ amount: amountOf(10_000) })
    const { id: mismatchId } = await mismatchOf(app, 'AMOUNT')
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    await expect(refundMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ name: 'WechatPayError' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })
    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    expect(await openMismatches(app)).toEqual([])
  })
})
