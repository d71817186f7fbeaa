import { cancelHomestayOrder, createCloseLoop } from '../../../src/order/cancel.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { parseTransaction } from '../../../src/wechat/transaction.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenHomestay, givenOrder, givenTapped, orderOf, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { loseNotices, refundManually, refundsOf, runRefunds, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { amountOf, paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { letPass } from '../../harness/time.ts'

/** Money that WeChat has, reported with a wrong amount: a payment under review. */
async function givenUnderReview(app: TestApp, given?: Tapped) {
  const tapped = given ?? (await givenTapped(app))
  loseNotices(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const reportOf = (change: Record<string, unknown> = {}) =>
    parseTransaction(paidContent(tapped.payment, { transaction_id: transactionId, ...change }))
  await settle(app.deps, { transaction: reportOf({ amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({
    where: { paymentSn: tapped.payment.sn },
  })
  const reportMatch = () => settle(app.deps, { transaction: reportOf(), source: 'NOTICE' })
  return { ...tapped, mismatchId, reportMatch }
}

function resolutionOf({ deps }: TestApp, mismatchId: string) {
  return deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
}

describe('a payment under review', () => {
  test('keeps the order and its nights while its payment is under review, and never closes it', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const tapped = await givenTapped(app, await givenOrder(app, { homestay }))
    const { order, payment, guest } = await givenUnderReview(app, tapped)
    // So that WeChat's answer to a query is a mismatch too.
    await app.deps.db.$executeRaw`ALTER TABLE payment DISABLE TRIGGER payment_keep_facts`
    await app.deps.db.$executeRaw`UPDATE payment SET "payTotal" = 9999`

    await expect(cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })).rejects.toMatchObject({
      code: 'ORDER_NOT_CANCELLABLE',
    })
    await letPass(app, 4_000)
    await createCloseLoop(app.deps)()
    await createRecheckLoop(app.deps)()
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', underReviewAt: expect.any(Date) })
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('SUCCESS')
    await expect(givenOrder(app, { homestay, guest })).rejects.toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })
  })

  test('pays the order with the amount that came when an operator accepts the mismatch', async ({ app }) => {
    const { order, payment, mismatchId } = await givenUnderReview(app)
    expect(await acceptMismatch(app.deps, { mismatchId })).toBe('ACCEPTED')
    expect(await acceptMismatch(app.deps, { mismatchId })).toBe('ACCEPTED')

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      paidTotal: 10_000,
      underReviewAt: null,
    })
    expect(await resolutionOf(app, mismatchId)).toMatchObject({ resolution: 'ACCEPTED', resolvedAt: expect.any(Date) })
  })

  test('cancels the order and refunds all that WeChat collected when an operator refunds the mismatch', async ({
    app,
  }) => {
    const { order, payment, mismatchId } = await givenUnderReview(app)
    expect(await refundMismatch(app.deps, { mismatchId })).toBe('REFUNDED')
    expect(await refundMismatch(app.deps, { mismatchId })).toBe('REFUNDED')

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    const [refund] = await refundsOf(app.deps, payment.sn)
    expect(JSON.parse(refund?.body ?? '')).toMatchObject({ amount: { refund: 10_000, total: 10_000 } })
  })

  test('carries out a decision later when WeChat refuses our signature at first', async ({ app }) => {
    const { payment, mismatchId } = await givenUnderReview(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'SIGN_ERROR' })
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ wechatCode: 'SIGN_ERROR' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', underReviewAt: expect.any(Date) })

    app.sandbox.faults.clear('query')
    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })
  })

  test('keeps the first decision, and returns it to an operator who decides otherwise', async ({ app }) => {
    const first = await givenUnderReview(app)
    await acceptMismatch(app.deps, first)
    expect(await refundMismatch(app.deps, first)).toBe('ACCEPTED')
    expect(await orderOf(app.deps, first.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await refundsOf(app.deps, first.payment.sn)).toEqual([])
  })

  test('carries out one decision when a mismatch is accepted and refunded at once', async ({ app }) => {
    const { order, payment, mismatchId } = await givenUnderReview(app)
    const ends = await race(app, { table: 'payment', key: payment.sn }, [
      () => refundMismatch(app.deps, { mismatchId }),
      () => acceptMismatch(app.deps, { mismatchId }),
    ])

    const [refunded, accepted] = ends.map((end) => (end.status === 'fulfilled' ? end.value : String(end.reason)))
    expect(refunded).toBe(accepted)
    expect((await resolutionOf(app, mismatchId)).resolution).toBe(accepted)
    const snapshot = await snapshotOf(app.deps, order.sn)
    expect([snapshot.order, snapshot.payments[0]?.refunds]).toEqual(
      accepted === 'ACCEPTED' ? ['WAIT_USE', []] : ['CANCELLED', ['UNAPPLIED REQUESTED 10000']],
    )
  })

  test('settles a payment under review by a matching report, and makes no refund decided after it', async ({ app }) => {
    const { order, payment, mismatchId, reportMatch } = await givenUnderReview(app)
    const ends = await race<unknown>(app, { table: 'payment', key: payment.sn }, [
      () => reportMatch(),
      () => refundMismatch(app.deps, { mismatchId }),
    ])
    expect(ends[1]).toMatchObject({ value: 'SETTLED' })
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ paidTotal: 12_800, underReviewAt: null })
    expect(await resolutionOf(app, mismatchId)).toMatchObject({ resolution: 'SETTLED', resolvedAt: expect.any(Date) })
  })

  test('keeps a payment refunded when a matching report comes after the operator’s refund', async ({ app }) => {
    const { order, payment, mismatchId, reportMatch } = await givenUnderReview(app)
    await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => refundMismatch(app.deps, { mismatchId }),
      async () => {
        await reportMatch()
        await applyToOrder(app.deps, { paymentSn: payment.sn })
      },
    ])
    const { tradeState } = await orderOf(app.deps, order.sn)
    // The report may still be faster: settling doesn't wait for the order's lock, only applying does.
    const resolution = (await resolutionOf(app, mismatchId)).resolution
    expect([tradeState, resolution]).toEqual(
      resolution === 'REFUNDED' ? ['CANCELLED', 'REFUNDED'] : ['WAIT_USE', 'SETTLED'],
    )
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(resolution === 'REFUNDED' ? 1 : 0)
  })

  test('adopts a manual refund that was reported during the review when an operator decides', async ({ app }) => {
    const { order, payment, mismatchId } = await givenUnderReview(app)
    const outRefundNo = await refundManually(app, payment.sn)
    const amount = { total: 10_000, refund: 10_000, payer_total: 10_000, payer_refund: 10_000 }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { amount } })).toEqual([204])

    await refundMismatch(app.deps, { mismatchId })
    await runRefunds(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['MANUAL SUCCESS 10000'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await app.deps.db.paymentMismatch.count({ where: { resolvedAt: null } })).toBe(0)
  })

  test('adopts a manual refund that was reported during the review when a matching report comes', async ({ app }) => {
    const { order, payment, reportMatch } = await givenUnderReview(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable' })
    expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([204])
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])

    await reportMatch()
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['MANUAL SUCCESS 800'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 800 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('raises one alert for a manual refund of more than was paid, and does not adopt it', async ({ app }) => {
    const { payment, reportMatch } = await givenUnderReview(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable' })
    const amount = { total: 12_800, refund: 12_801, payer_total: 12_800, payer_refund: 12_801 }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { amount } })).toEqual([204])
    await reportMatch()

    const { deps, alarms } = withAlerts(app.deps)
    await applyToOrder(deps, { paymentSn: payment.sn })
    await applyToOrder(deps, { paymentSn: payment.sn })

    expect(alarms).toEqual(['mismatch'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 0 })
  })

  test('answers NOT_FOUND for a mismatch id that does not exist', async ({ app }) => {
    await expect(acceptMismatch(app.deps, { mismatchId: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(refundMismatch(app.deps, { mismatchId: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
