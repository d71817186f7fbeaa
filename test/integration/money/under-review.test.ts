import { cancelHomestayOrder, createClosing } from '../../../src/order/cancel.ts'
import { createAsking } from '../../../src/payment/ask.ts'
import { followPayment } from '../../../src/payment/follow.ts'
import { acceptDisputed, finishDecisions, refundDisputed } from '../../../src/payment/operate.ts'
import { settle } from '../../../src/payment/settle.ts'
import { parseTransaction } from '../../../src/wechat/transaction.ts'
import { withAlarms } from '../../harness/alarms.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { booksOf } from '../../harness/books.ts'
import { loseNotices, refundByHand, refundsOf, runRefunds, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { givenHomestay, givenOrder, givenTapped, orderOf, paymentOf, type Tapped } from '../../harness/scene.ts'
import { letPass } from '../../harness/time.ts'
import { amountOf, paidContent } from '../../harness/word.ts'

/** Money that is really there, told with another amount than we asked for. */
async function givenDisputed(app: TestApp, given?: Tapped) {
  const tapped = given ?? (await givenTapped(app))
  loseNotices(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const told = (change: Record<string, unknown> = {}) =>
    parseTransaction(paidContent(tapped.payment, { transaction_id: transactionId, ...change }))
  await settle(app.deps, { transaction: told({ amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id: misfitId } = await app.deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  const fits = () => settle(app.deps, { transaction: told(), source: 'NOTICE' })
  return { ...tapped, misfitId, fits }
}

function resolutionOf({ deps }: TestApp, misfitId: string) {
  return deps.db.paymentMisfit.findUniqueOrThrow({ where: { id: misfitId } })
}

describe('a disputed payment', () => {
  test('keeps its order and its nights, and is never closed', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const tapped = await givenTapped(app, await givenOrder(app, { homestay }))
    const { order, payment, guest } = await givenDisputed(app, tapped)
    // WeChat's own word goes on not to fit.
    await app.deps.db.$executeRaw`ALTER TABLE payment DISABLE TRIGGER payment_keep_facts`
    await app.deps.db.$executeRaw`UPDATE payment SET "payTotal" = 9999`

    await expect(cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })).rejects.toMatchObject({
      code: 'ORDER_NOT_CANCELLABLE',
    })
    await letPass(app, 4_000)
    await createClosing(app.deps)()
    await createAsking(app.deps)()
    await followPayment(app.deps, payment.sn)

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', disputedAt: expect.any(Date) })
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('SUCCESS')
    await expect(givenOrder(app, { homestay, guest })).rejects.toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })
  })

  test('ends with an operator’s acceptance: the order is paid by what came', async ({ app }) => {
    const { order, payment, misfitId } = await givenDisputed(app)
    expect(await acceptDisputed(app.deps, { misfitId })).toBe('ACCEPTED')
    expect(await acceptDisputed(app.deps, { misfitId })).toBe('ACCEPTED')

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      paidTotal: 10_000,
      disputedAt: null,
    })
    expect(await resolutionOf(app, misfitId)).toMatchObject({ resolution: 'ACCEPTED', resolvedAt: expect.any(Date) })
  })

  test('ends with an operator’s refund: all that WeChat has goes back', async ({ app }) => {
    const { order, payment, misfitId } = await givenDisputed(app)
    expect(await refundDisputed(app.deps, { misfitId })).toBe('REFUNDED')
    expect(await refundDisputed(app.deps, { misfitId })).toBe('REFUNDED')

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNKEPT REQUESTED 10000'])
    const [refund] = await refundsOf(app.deps, payment.sn)
    expect(JSON.parse(refund?.body ?? '')).toMatchObject({ amount: { refund: 10_000, total: 10_000 } })
  })

  test('is decided about now, and ended once WeChat knows our signature again', async ({ app }) => {
    const { payment, misfitId } = await givenDisputed(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'SIGN_ERROR' })
    await expect(acceptDisputed(app.deps, { misfitId })).rejects.toMatchObject({ wechatCode: 'SIGN_ERROR' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', disputedAt: expect.any(Date) })

    app.sandbox.faults.clear('query')
    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', disputedAt: null })
  })

  test('keeps the first decision, and tells it to who decides otherwise', async ({ app }) => {
    const first = await givenDisputed(app)
    await acceptDisputed(app.deps, first)
    expect(await refundDisputed(app.deps, first)).toBe('ACCEPTED')
    expect(await orderOf(app.deps, first.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await refundsOf(app.deps, first.payment.sn)).toEqual([])
  })

  test('accepted and refunded at once ends as one of both', async ({ app }) => {
    const { order, payment, misfitId } = await givenDisputed(app)
    const ends = await race(app, { table: 'payment', key: payment.sn }, [
      () => refundDisputed(app.deps, { misfitId }),
      () => acceptDisputed(app.deps, { misfitId }),
    ])

    const [refunded, accepted] = ends.map((end) => (end.status === 'fulfilled' ? end.value : String(end.reason)))
    expect(refunded).toBe(accepted)
    expect((await resolutionOf(app, misfitId)).resolution).toBe(accepted)
    const books = await booksOf(app.deps, order.sn)
    expect([books.order, books.payments[0]?.refunds]).toEqual(
      accepted === 'ACCEPTED' ? ['WAIT_USE', []] : ['CANCELLED', ['UNKEPT REQUESTED 10000']],
    )
  })

  test('ends by WeChat’s later word that fits; a refund that comes after it is not made', async ({ app }) => {
    const { order, payment, misfitId, fits } = await givenDisputed(app)
    const ends = await race<unknown>(app, { table: 'payment', key: payment.sn }, [
      () => fits(),
      () => refundDisputed(app.deps, { misfitId }),
    ])
    expect(ends[1]).toMatchObject({ value: 'SETTLED' })
    await followPayment(app.deps, payment.sn)
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ paidTotal: 12_800, disputedAt: null })
    expect(await resolutionOf(app, misfitId)).toMatchObject({ resolution: 'SETTLED', resolvedAt: expect.any(Date) })
  })

  test('that is refunded before the word that fits stays refunded, in full', async ({ app }) => {
    const { order, payment, misfitId, fits } = await givenDisputed(app)
    await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => refundDisputed(app.deps, { misfitId }),
      async () => {
        await fits()
        await followPayment(app.deps, payment.sn)
      },
    ])
    const { tradeState } = await orderOf(app.deps, order.sn)
    // The word may still be the faster one: it waits for the order only to be followed.
    const resolution = (await resolutionOf(app, misfitId)).resolution
    expect([tradeState, resolution]).toEqual(
      resolution === 'REFUNDED' ? ['CANCELLED', 'REFUNDED'] : ['WAIT_USE', 'SETTLED'],
    )
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(resolution === 'REFUNDED' ? 1 : 0)
  })

  test('that was refunded by hand meanwhile is taken over with the decision', async ({ app }) => {
    const { order, payment, misfitId } = await givenDisputed(app)
    const outRefundNo = await refundByHand(app, payment.sn)
    const amount = { total: 10_000, refund: 10_000, payer_total: 10_000, payer_refund: 10_000 }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { amount } })).toEqual([204])

    await refundDisputed(app.deps, { misfitId })
    await runRefunds(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['BY_HAND SUCCESS 10000'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await app.deps.db.paymentMisfit.count({ where: { resolvedAt: null } })).toBe(0)
  })

  test('that was refunded by hand, and whose later word fits, takes the refund over', async ({ app }) => {
    const { order, payment, fits } = await givenDisputed(app)
    const outRefundNo = await refundByHand(app, payment.sn, 800)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable' })
    expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([204])
    expect(await summaryOf(app.deps, payment.sn)).toEqual([])

    await fits()
    await followPayment(app.deps, payment.sn)
    await followPayment(app.deps, payment.sn)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['BY_HAND SUCCESS 800'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 800 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('that was refunded by hand beyond what it brought leaves that to a person, and rings once', async ({ app }) => {
    const { payment, fits } = await givenDisputed(app)
    const outRefundNo = await refundByHand(app, payment.sn, 800)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable' })
    const amount = { total: 12_800, refund: 12_801, payer_total: 12_800, payer_refund: 12_801 }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { amount } })).toEqual([204])
    await fits()

    const { deps, alarms } = withAlarms(app.deps)
    await followPayment(deps, payment.sn)
    await followPayment(deps, payment.sn)

    expect(alarms).toEqual(['misfit'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 0 })
  })

  test('is not found by another thing’s number', async ({ app }) => {
    await expect(acceptDisputed(app.deps, { misfitId: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(refundDisputed(app.deps, { misfitId: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
