import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createOverdueAlerts } from '../../../src/payment/review/alert-overdue.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { queryAndSettle } from '../../../src/payment/settlement/query.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { notify } from '../../harness/forge.ts'
import { givenRequestedRefund, loseNotices, refundManually, runRefunds } from '../../harness/money.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'

/** A payment on hold; the notice of its refund is sent by the test. */
async function givenOnHold(app: TestApp) {
  const { payment } = await freshTapped(app)
  loseNotices(app)
  app.sandbox.payLate(payment.sn)
  const outRefundNo = await refundManually(app, payment.sn, 800)
  await queryAndSettle(app.deps, { attempt: payment, source: 'QUERY' })
  return { payment, outRefundNo }
}

async function givenUnderReview(app: TestApp) {
  const { payment } = await freshTapped(app)
  const transaction_id = newTransactionId()
  const report = (change: Record<string, unknown> = {}) =>
    settle(app.deps, { transaction: paidReport(payment, { transaction_id, ...change }), source: 'NOTICE' })
  await report({ amount: amountOf(10_000) })
  return { payment, reportMatch: report }
}

/** Notices that nobody has dealt with for two hours. Their numbers come before those of payments and refunds. */
async function givenUnhandledNotices({ deps }: TestApp, count: number): Promise<void> {
  await deps.db.$executeRaw`
    INSERT INTO payment_mismatch (subject, number, kind, source, content, "createdAt")
    SELECT 'NOTICE', 'EV-' || n, 'EVENT_TYPE', 'NOTICE', '{}', now() - interval '2 h' FROM generate_series(1, ${count}::int) n`
}

/** Applies every payment to its order, then lets time pass. */
async function applyAndLetPass(app: TestApp, seconds: number): Promise<void> {
  for (const { sn } of await app.deps.db.payment.findMany()) await applyToOrder(app.deps, { paymentSn: sn })
  await letPass(app, seconds)
}

async function gauge({ deps }: TestApp): Promise<Record<string, number>> {
  const { values } = await deps.metrics.waiting.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.kind, value]))
}

describe('overdue alerts', () => {
  test('counts payments under review and on hold at once, and alerts once after an hour', async ({ app }) => {
    await givenOnHold(app)
    await givenUnderReview(app)
    const { deps, alarms } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)

    await alertOverdue()
    expect(await gauge(app)).toEqual({ under_review: 1, on_hold: 1, refund: 0, mismatch: 0, notice: 0, not_applied: 0 })
    await applyAndLetPass(app, 59 * 60)
    await alertOverdue()
    expect(alarms).toEqual([])

    await applyAndLetPass(app, 60)
    await alertOverdue()
    await alertOverdue()
    expect(alarms.sort()).toEqual(['mismatch', 'on-hold'])
  })

  test('alerts again from a worker that starts', async ({ app }) => {
    await givenUnderReview(app)
    await applyAndLetPass(app, 7_200)
    const { deps, alarms } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    await createOverdueAlerts(deps)()
    expect(alarms).toEqual(['mismatch', 'mismatch'])
  })

  test('names out_trade_no in the alert of a payment, and out_refund_no in that of a refund', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const { payment } = await givenOnHold(app)
    await applyAndLetPass(app, 7 * 86_400)
    const { deps, lines } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'on-hold', outTradeNo: payment.sn }))
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'refund', outRefundNo: refund.outRefundNo }))
  })

  test('names the command that is the next step', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const { deps, lines } = withAlerts(app.deps)
    const { payment } = await givenUnderReview(app)
    await applyAndLetPass(app, 7 * 86_400)
    await createOverdueAlerts(deps)()
    expect(lines).toContainEqual(
      expect.objectContaining({
        outRefundNo: refund.outRefundNo,
        remedy: expect.stringContaining('npm run admin -- refunds stuck'),
      }),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({
        outTradeNo: payment.sn,
        remedy: expect.stringContaining('npm run admin -- review list'),
      }),
    )
  })

  test('counts nothing and alerts nobody once the missing reports have arrived', async ({ app }) => {
    const onHold = await givenOnHold(app)
    const underReview = await givenUnderReview(app)
    await app.sandbox.sendNotice(onHold.outRefundNo)
    await underReview.reportMatch()
    await applyAndLetPass(app, 7_200)
    const { deps, alarms } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    expect(alarms).toEqual([])
    expect(await gauge(app)).toEqual({ under_review: 0, on_hold: 0, refund: 0, mismatch: 0, notice: 0, not_applied: 0 })
  })

  test('counts a payment, and alerts, when it was not applied for ten minutes', async ({ app }) => {
    const { payment, params } = await freshTapped(app)
    await payOnPhone(app, params)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    const { deps, alarms } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)
    await letPass(app, 9 * 60)
    await alertOverdue()
    expect(await gauge(app)).toMatchObject({ not_applied: 0 })

    await letPass(app, 60)
    await alertOverdue()
    expect(await gauge(app)).toMatchObject({ not_applied: 1 })
    expect(alarms).toEqual(['not-applied'])

    await applyToOrder(deps, { paymentSn: payment.sn })
    await alertOverdue()
    expect(await gauge(app)).toMatchObject({ not_applied: 0 })
  })

  test('counts a refund, and alerts, when it has been under way for a week', async ({ app }) => {
    const { payment } = await givenRequestedRefund(app)
    const { deps, alarms } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)
    await applyAndLetPass(app, 6 * 86_400)
    await alertOverdue()
    expect(alarms).toEqual([])

    await applyAndLetPass(app, 86_400)
    await alertOverdue()
    expect(alarms).toEqual(['refund'])
    expect(await gauge(app)).toEqual({ under_review: 0, on_hold: 0, refund: 1, mismatch: 0, notice: 0, not_applied: 0 })

    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    await alertOverdue()
    expect(await gauge(app)).toMatchObject({ refund: 0 })
  })

  test('counts a notice that only a person can deal with, and alerts again after an hour, until it is dismissed', async ({
    app,
  }) => {
    expect(await notify(app, { complaint_id: '1' }, { eventType: 'COMPLAINT.CREATE' })).toBe(204)
    await letPass(app, 3_600)
    const { deps, alarms } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)
    await alertOverdue()
    expect(alarms).toEqual(['notice'])
    expect(await gauge(app)).toMatchObject({ notice: 1, mismatch: 0 })

    const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow()
    await dismissMismatch(app.deps, { mismatchId })
    await alertOverdue()
    expect(await gauge(app)).toMatchObject({ notice: 0 })
  })

  test('many old cases keep neither a later case of their kind nor one of another kind quiet', async ({ app }) => {
    await givenUnhandledNotices(app, 150)
    const { deps, lines } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)
    await alertOverdue()
    await alertOverdue()
    await alertOverdue()
    expect(lines).toHaveLength(150)

    const { payment } = await givenOnHold(app)
    expect(await notify(app, { complaint_id: '1' }, { eventType: 'COMPLAINT.CREATE' })).toBe(204)
    await applyAndLetPass(app, 3_600)
    await alertOverdue()
    await alertOverdue()
    const later = lines.slice(150)
    expect(later).toHaveLength(2)
    expect(later).toContainEqual(expect.objectContaining({ alarm: 'on-hold', outTradeNo: payment.sn }))
    expect(later).toContainEqual(expect.objectContaining({ alarm: 'notice' }))
  })

  test('raises at most 100 alerts at once, of each kind in turn, and those left over in the next runs', async ({
    app,
  }) => {
    await givenUnhandledNotices(app, 220)
    await givenOnHold(app)
    await givenUnderReview(app)
    await applyAndLetPass(app, 3_600)
    const { deps, alarms, lines } = withAlerts(app.deps)
    const alertOverdue = createOverdueAlerts(deps)

    await alertOverdue()
    expect(alarms).toHaveLength(100)
    expect(alarms).toEqual(expect.arrayContaining(['mismatch', 'on-hold', 'notice']))
    await alertOverdue()
    expect(alarms).toHaveLength(200)
    await alertOverdue()
    await alertOverdue()
    expect(alarms).toHaveLength(222)
    expect(new Set(lines.map(({ number, outTradeNo }) => number ?? outTradeNo)).size).toBe(222)
  })
})
