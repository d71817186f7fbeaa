import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { compareBill, dayOf, differencesOf, statusOfDay } from '../../harness/bill-days.ts'
import { freshOrder, givenPaid, givenTapped, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { loseNotices, refundManually } from '../../harness/money.ts'

describe('a difference that a person must decide', () => {
  test('is ONLY_HERE when the bill lacks a payment of ours', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await givenPaid(app, await freshOrder(app))
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn })
    const { deps, alarms } = withAlerts(app.deps)
    await compareBill(app, dayOf(app, payment.sn), deps)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT ONLY_HERE DECIDE'])
    expect(alarms).toEqual(['bill'])
    expect(await app.deps.metrics.billDifferences.get()).toMatchObject({
      values: [{ labels: { class: 'ONLY_HERE' }, value: 1 }],
    })
  })

  test('is ONLY_WECHAT when our books have no payment of that number', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 商户订单号: 'nobody-knows-it' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT ONLY_WECHAT DECIDE'])
  })

  test('is AMOUNT when a settled payment has another price in the bill', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await app.deps.db.billDifference.findMany()).toMatchObject([
      { class: 'AMOUNT', outcome: 'DECIDE', atWechat: 'SUCCESS 999.00', here: 'SUCCESS 128.00' },
    ])
  })

  test('is AMOUNT when an unsettled payment has another price in the bill, which puts it under review', async ({
    app,
  }) => {
    loseNotices(app)
    const { payment, params } = await givenTapped(app)
    await payOnPhone(app, params)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT AMOUNT DECIDE'])
    expect((await whenPayment(app.deps, payment.sn, 'PENDING')).underReviewAt).not.toBeNull()
  })

  test('is STATE when another guest has paid, by the bill', async ({ app }) => {
    loseNotices(app)
    const { payment, params } = await givenTapped(app)
    await payOnPhone(app, params)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 用户标识: 'o_somebody' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT STATE DECIDE'])
  })

  test('is STATE when a refund of ours succeeded, and the bill says that it failed', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 2_800)
    await app.sandbox.sendNotice(outRefundNo)
    app.sandbox.plantInBills({ bill: 'trade', number: outRefundNo, cells: { 退款状态: 'FAIL' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await differencesOf(app.deps)).toEqual(['REFUND STATE DECIDE'])
  })

  test('is FEE when the account lost another fee than the trade bill says', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.plantInBills({ bill: 'fund-flow', number: payment.sn, cells: { '收支金额(元)': '1.77' } })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await app.deps.db.billDifference.findMany()).toMatchObject([
      { class: 'FEE', outcome: 'DECIDE', atWechat: '+126.23', here: '+127.23200' },
    ])
  })

  test('is resolved once a repeated day doesn’t find it any more', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    app.sandbox.plantInBills(
      { bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } },
      { bill: 'fund-flow', number: payment.sn, cells: { '收支金额(元)': '1.77' } },
    )
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT AMOUNT DECIDE', 'PAYMENT FEE DECIDE'])
    app.sandbox.plantInBills()
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT AMOUNT RESOLVED', 'PAYMENT FEE RESOLVED'])
  })

  test('is resolved once the refund that our books refuse is dismissed, and raises no other alert', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    const refund = app.sandbox.ledger.refunds.get(outRefundNo)
    if (!refund) throw new Error(`WeChat must know ${outRefundNo}`)
    app.sandbox.ledger.commit(['refunds', { ...refund, totalFen: 100 }])
    const billOn = dayOf(app, payment.sn)
    const { deps, alarms } = withAlerts(app.deps)
    await compareBill(app, billOn, deps)
    expect(await differencesOf(app.deps)).toEqual(['REFUND ONLY_WECHAT DECIDE'])
    expect(alarms).toEqual(['mismatch', 'bill'])

    const { id } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { number: outRefundNo } })
    await dismissMismatch(app.deps, { mismatchId: id })
    await compareBill(app, billOn, deps)
    expect(await differencesOf(app.deps)).toEqual(['REFUND ONLY_WECHAT RESOLVED'])
    expect(alarms).toEqual(['mismatch', 'bill'])
  })
})

describe('a day without a bill', () => {
  test('is EMPTY when neither WeChat nor we have a payment of it', async ({ app }) => {
    const { deps, alarms } = withAlerts(app.deps)
    await compareBill(app, '2026-11-02', deps)
    expect(await statusOfDay(app.deps, '2026-11-02')).toBe('EMPTY')
    expect(alarms).toEqual([])
  })

  test('is MISSING, and an alert, when we have a payment of it', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn })
    const { deps, lines } = withAlerts(app.deps)
    await compareBill(app, billOn, deps)
    expect(await statusOfDay(app.deps, billOn)).toBe('MISSING')
    expect(lines).toMatchObject([{ alarm: 'bill', billOn, msg: 'bill missing on a day with payments' }])
    const { values } = await app.deps.metrics.billDays.get()
    expect(values).toContainEqual({ labels: { status: 'missing' }, value: 1 })

    app.sandbox.plantInBills()
    await compareBill(app, billOn)
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
    expect(await differencesOf(app.deps)).toEqual([])
  })
})
