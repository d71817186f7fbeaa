import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, orderOf, paymentOf, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import {
  endRefund,
  eventsOf,
  givenRequestedRefund,
  givenUnapplied,
  loseNotices,
  newestRefund,
  refundManually,
  runRefunds,
  summaryOf,
} from '../../harness/money.ts'
import { race } from '../../harness/race.ts'

describe('a manual refund', () => {
  test('adopts a full manual refund, makes the order REFUNDED and messages the guest', async ({ app }) => {
    const { order, payment } = await givenPaid(app)
    await app.startWorkers()
    app.sandbox.refundManually({ outTradeNo: payment.sn })

    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    await expect.poll(async () => (await orderOf(app.deps, order.sn)).tradeState).toBe('REFUNDED')
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['MANUAL SUCCESS 12800'])
    await expect.poll(() => JSON.stringify(app.sandbox.messages('o_guest'))).toContain(order.sn)
  })

  test('keeps the order usable after a partial manual refund', async ({ app }) => {
    const { order, payment, hostUserId } = await givenPaid(app)
    await app.sandbox.sendNotice(await refundManually(app, payment.sn, 800))
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 800 })
    await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
  })

  test('makes the order REFUNDED by partial manual refunds, reported repeatedly and in reverse', async ({ app }) => {
    const { order, payment } = await givenPaid(app)
    const numbers: string[] = []
    for (const fen of [5_000, 7_000, 800]) numbers.push(await refundManually(app, payment.sn, fen))

    for (const number of numbers.toReversed()) await app.sandbox.sendNotice(number, { copies: 3 })
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', refundedTotal: 12_800 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    expect((await eventsOf(app.deps, payment.sn)).filter((event) => event.endsWith('NOTICE'))).toHaveLength(4)
  })

  test('rejects a guest refund while a manual refund is PROCESSING', async ({ app }) => {
    const { order, payment, guest } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn)
    const report = await queryRefund(app.deps.wechat, { outRefundNo })
    await recordRefund(app.deps, { report: { ...report, status: 'PROCESSING' }, source: 'OPERATOR' })
    const refund = refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(refund).rejects.toThrow('The money is already on its way back.')
  })

  test('makes a used order REFUNDED by a manual refund', async ({ app }) => {
    const { order, payment, hostUserId } = await givenPaid(app)
    await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await app.sandbox.sendNotice(await refundManually(app, payment.sn))
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
  })

  test('records a manual refund once when four copies of its report wait for the payment’s lock', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    const report = await queryRefund(app.deps.wechat, { outRefundNo })
    const record = () => recordRefund(app.deps, { report, source: 'NOTICE' })
    const ends = await race(app, { table: 'payment', key: payment.sn }, [record, record, record, record])
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason))).toEqual([
      'MOVED',
      'SAME',
      'SAME',
      'SAME',
    ])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ refundedTotal: 800 })
  })

  test('settles the payment by a query when the notice of its manual refund comes first', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    const outRefundNo = await refundManually(app, payment.sn)

    const [status] = await app.sandbox.sendNotice(outRefundNo)

    expect(status).toBe(204)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', heldAt: null })
  })

  test('answers 500 to a manual refund’s notice while its payment can’t be queried', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    const outRefundNo = await refundManually(app, payment.sn)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([500])
    expect(await app.sandbox.sendNotice(outRefundNo)).toEqual([204])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
  })
})

describe('a refund of ours beside a manual refund', () => {
  test('replaces our unsent refund by one for the rest when a manual refund leaves less', async ({ app }) => {
    const { payment } = await givenUnapplied(app)
    await app.sandbox.sendNotice(await refundManually(app, payment.sn, 800))
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await summaryOf(app.deps, payment.sn)).toEqual([
      'UNAPPLIED CLOSED 12800',
      'MANUAL SUCCESS 800',
      'UNAPPLIED REQUESTED 12000',
    ])

    await runRefunds(app.deps)
    const { outRefundNo } = await newestRefund(app.deps, payment.sn)
    await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('SUCCESS')
    await runRefunds(app.deps)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', refundedTotal: 12_800 })
  })

  test('opens a guest’s refund again for what a manual refund left', async ({ app }) => {
    const { payment, order } = await givenRequestedRefund(app, '行程有变')
    await app.sandbox.sendNotice(await refundManually(app, payment.sn, 800))
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await summaryOf(app.deps, payment.sn)).toEqual([
      'GUEST CLOSED 12800',
      'MANUAL SUCCESS 800',
      'GUEST REQUESTED 12000',
    ])
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ reason: '行程有变' })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDING' })

    await runRefunds(app.deps)
    const { outRefundNo } = await newestRefund(app.deps, payment.sn)
    await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('SUCCESS')
    await runRefunds(app.deps)
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
  })

  test('refunds the rest when the manual refund beside a completed guest refund is CLOSED', async ({ app }) => {
    const { payment, order, guest, hostUserId } = await givenPaid(app)
    loseNotices(app)
    const manual = app.sandbox.refundManually({ outTradeNo: payment.sn, refundFen: 800, end: 'ABNORMAL' })
    await expect.poll(() => app.sandbox.ledger.refunds.get(manual.outRefundNo)?.status).toBe('ABNORMAL')
    await app.sandbox.sendNotice(manual.outRefundNo)
    await refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    const requested = await newestRefund(app.deps, payment.sn)
    await runRefunds(app.deps)
    await expect.poll(() => app.sandbox.ledger.refunds.get(requested.outRefundNo)?.status).toBe('SUCCESS')
    await runRefunds(app.deps)

    const report = await queryRefund(app.deps.wechat, manual)
    await recordRefund(app.deps, { report: { ...report, status: 'CLOSED' }, source: 'NOTICE' })
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await summaryOf(app.deps, payment.sn)).toEqual([
      'MANUAL CLOSED 800',
      'GUEST SUCCESS 12000',
      'UNAPPLIED REQUESTED 800',
    ])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
    const redeem = redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await expect(redeem).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
  })

  test('requests only what a manual refund has left', async ({ app }) => {
    const paid = await givenPaid(app)
    await app.sandbox.sendNotice(await refundManually(app, paid.payment.sn, 800))
    await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
    expect(await summaryOf(app.deps, paid.payment.sn)).toEqual(['MANUAL SUCCESS 800', 'GUEST REQUESTED 12000'])
  })

  test('records the end of a refund once from a notice and a query, and ignores a stale report', async ({ app }) => {
    const { payment, refund } = await givenRequestedRefund(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
    const { deps, alarms } = withAlerts(app.deps)
    await runRefunds(deps)
    const before = await queryRefund(deps.wechat, refund)
    app.sandbox.endRefund(refund.outRefundNo, 'SUCCESS')
    const after = await queryRefund(deps.wechat, refund)

    const lock = { table: 'payment', key: payment.sn } as const
    const ends = await race(app, lock, [
      () => recordRefund(deps, { report: after, source: 'NOTICE' }),
      () => recordRefund(deps, { report: before, source: 'QUERY' }),
      () => recordRefund(deps, { report: after, source: 'QUERY' }),
    ])

    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason))).toEqual(['MOVED', 'SAME', 'SAME'])
    expect(alarms).toEqual([])
    expect(await app.deps.db.paymentMismatch.count()).toBe(0)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
  })

  test('stores a mismatch for a manual refund that contradicts our records', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    await app.sandbox.sendNotice(outRefundNo)
    const more = { out_refund_no: '50000000000000000000000000000001', refund_id: '503000000000000001' }

    const amount = { total: 12_800, refund: 12_001, payer_total: 12_800, payer_refund: 12_001 }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { ...more, amount } })).toEqual([204])
    const sameId = { out_refund_no: '50000000000000000000000000000002' }
    expect(await app.sandbox.sendNotice(outRefundNo, { content: sameId })).toEqual([204])
    expect(await app.sandbox.sendNotice(outRefundNo, { content: { refund_status: 'CLOSED' } })).toEqual([204])

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ refundedTotal: 800 })
    const mismatches = await app.deps.db.paymentMismatch.findMany({ orderBy: { createdAt: 'asc' } })
    expect(mismatches.map(({ number, kind }) => `${number} ${kind}`)).toEqual([
      `${more.out_refund_no} SUCCESS`,
      `${sameId.out_refund_no} SUCCESS`,
      `${outRefundNo} CLOSED`,
    ])
  })

  test('adopts an ABNORMAL manual refund as live, and keeps querying it', async ({ app }) => {
    const { payment } = await givenPaid(app)
    loseNotices(app)
    const { outRefundNo } = app.sandbox.refundManually({ outTradeNo: payment.sn, end: 'ABNORMAL' })
    await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('ABNORMAL')
    await app.sandbox.sendNotice(outRefundNo)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({
      status: 'ABNORMAL',
      nextAdvanceAt: expect.any(Date),
    })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDING' })
    await expect(endRefund(app, outRefundNo, 'CLOSED')).rejects.toThrow('ABNORMAL')
  })
})
