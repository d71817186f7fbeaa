import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createOverdueAlerts } from '../../../src/payment/review/alert-overdue.ts'
import { queryAndSettle } from '../../../src/payment/settlement/query.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { givenRefundAsked, loseNotices, refundManually, runRefunds } from '../../harness/money.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'

/** A payment that WeChat calls refunded; the refund's notice is the test's to send. */
async function givenHeld(app: TestApp) {
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
  const tell = (change: Record<string, unknown> = {}) =>
    settle(app.deps, { transaction: paidReport(payment, { transaction_id, ...change }), source: 'NOTICE' })
  await tell({ amount: amountOf(10_000) })
  return { payment, fits: tell }
}

/** Time in which every order has followed its payment. */
async function applyAndLetPass(app: TestApp, seconds: number): Promise<void> {
  for (const { sn } of await app.deps.db.payment.findMany()) await applyToOrder(app.deps, { paymentSn: sn })
  await letPass(app, seconds)
}

async function gauge({ deps }: TestApp): Promise<Record<string, number>> {
  const { values } = await deps.metrics.waiting.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.kind, value]))
}

describe('what waits for a person', () => {
  test('is counted at once, and rings once it has waited an hour, once', async ({ app }) => {
    await givenHeld(app)
    await givenUnderReview(app)
    const { deps, alarms } = withAlerts(app.deps)
    const remind = createOverdueAlerts(deps)

    await remind()
    expect(await gauge(app)).toEqual({ disputed: 1, held: 1, refund: 0, unfit: 0, unapplied: 0 })
    await applyAndLetPass(app, 59 * 60)
    await remind()
    expect(alarms).toEqual([])

    await applyAndLetPass(app, 60)
    await remind()
    await remind()
    expect(alarms.sort()).toEqual(['held', 'mismatch'])
  })

  test('rings again from a worker that starts', async ({ app }) => {
    await givenUnderReview(app)
    await applyAndLetPass(app, 7_200)
    const { deps, alarms } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    await createOverdueAlerts(deps)()
    expect(alarms).toEqual(['mismatch', 'mismatch'])
  })

  test('goes by the name that WeChat gives its number', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    const { payment } = await givenHeld(app)
    await applyAndLetPass(app, 7 * 86_400)
    const { deps, lines } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'on-hold', outTradeNo: payment.sn }))
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'refund', outRefundNo: refund.outRefundNo }))
  })

  test('waits no longer once WeChat has said the rest', async ({ app }) => {
    const held = await givenHeld(app)
    const disputed = await givenUnderReview(app)
    await app.sandbox.sendNotice(held.outRefundNo)
    await disputed.fits()
    await applyAndLetPass(app, 7_200)
    const { deps, alarms } = withAlerts(app.deps)
    await createOverdueAlerts(deps)()
    expect(alarms).toEqual([])
    expect(await gauge(app)).toEqual({ disputed: 0, held: 0, refund: 0, unfit: 0, unapplied: 0 })
  })

  test('is an order that does not follow its payment for ten minutes', async ({ app }) => {
    const { payment, params } = await freshTapped(app)
    await payOnPhone(app, params)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    const { deps, alarms } = withAlerts(app.deps)
    const remind = createOverdueAlerts(deps)
    await letPass(app, 9 * 60)
    await remind()
    expect(await gauge(app)).toMatchObject({ unapplied: 0 })

    await letPass(app, 60)
    await remind()
    expect(await gauge(app)).toMatchObject({ unapplied: 1 })
    expect(alarms).toEqual(['follow'])

    await applyToOrder(deps, { paymentSn: payment.sn })
    await remind()
    expect(await gauge(app)).toMatchObject({ unapplied: 0 })
  })

  test('is a refund that has been under way for a week', async ({ app }) => {
    const { payment } = await givenRefundAsked(app)
    const { deps, alarms } = withAlerts(app.deps)
    const remind = createOverdueAlerts(deps)
    await applyAndLetPass(app, 6 * 86_400)
    await remind()
    expect(alarms).toEqual([])

    await applyAndLetPass(app, 86_400)
    await remind()
    expect(alarms).toEqual(['refund'])
    expect(await gauge(app)).toEqual({ disputed: 0, held: 0, refund: 1, unfit: 0, unapplied: 0 })

    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    await remind()
    expect(await gauge(app)).toMatchObject({ refund: 0 })
  })
})
