import { cancelHomestayOrder, createCloseLoop } from '../../../src/order/cancel.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { createOverdueAlerts } from '../../../src/payment/review/alert-overdue.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { queryAndSettle } from '../../../src/payment/settlement/query.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf, tap } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { newTransactionId, paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'

/** An attempt under whose number an amount beyond an integer was paid, and whose mismatch an operator dismissed. */
async function givenDismissed(app: TestApp) {
  loseNotices(app)
  const tapped = await freshTapped(app)
  const { ledger } = app.sandbox
  const atWechat = ledger.orders.get(tapped.payment.sn)
  if (!atWechat) throw new Error('WeChat knows no such number')
  ledger.commit(['orders', { ...atWechat, totalFen: 2 ** 31 }])
  app.sandbox.payLate(tapped.payment.sn)
  expect(await queryAndSettle(app.deps, { attempt: tapped.payment, source: 'QUERY' })).toBe('UNDER_REVIEW')
  const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({
    where: { paymentSn: tapped.payment.sn },
  })
  await dismissMismatch(app.deps, { mismatchId })
  return tapped
}

describe('an attempt whose mismatch was dismissed', () => {
  test('the next tap closes an attempt whose mismatch was dismissed, and opens another', async ({ app }) => {
    const tapped = await givenDismissed(app)
    await app.deps.db.payment.update({ where: { sn: tapped.payment.sn }, data: { prepayId: null, prepayIdAt: null } })
    const { paymentSn } = await tap(app.deps, tapped)
    expect(paymentSn).not.toBe(tapped.payment.sn)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'CLOSED', underReviewAt: null })
  })

  test('the recheck loop closes an attempt whose mismatch was dismissed', async ({ app }) => {
    const { payment } = await givenDismissed(app)
    await letPass(app, 3_600)
    await createRecheckLoop(app.deps)()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED', underReviewAt: null })
  })

  test('cancels the order of a dismissed mismatch, by its guest or by the close loop', async ({ app }) => {
    const { order, guest } = await givenDismissed(app)
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('CANCELLED')

    const late = await givenDismissed(app)
    await letPass(app, 7_200)
    await createCloseLoop(app.deps)()
    expect((await orderOf(app.deps, late.order.sn)).tradeState).toBe('CANCELLED')
  })
})

describe('money for an unknown number', () => {
  test('counts money for an unknown number and alerts again after an hour, until an operator dismisses it', async ({
    app,
  }) => {
    const { payment } = await freshTapped(app)
    const { deps, alarms } = withAlerts(app.deps)
    const transaction = paidReport(payment, { out_trade_no: 'PA00000000UNKNOWN', transaction_id: newTransactionId() })
    const report = () => settle(deps, { transaction, source: 'NOTICE' })
    await report()
    const count = async () => {
      const { values } = await deps.metrics.waiting.get()
      return values.find(({ labels }) => labels.kind === 'mismatch')?.value
    }
    const alertOverdue = createOverdueAlerts(deps)
    await alertOverdue()
    expect(await count()).toBe(1)
    expect(alarms).toEqual(['mismatch'])

    await deps.db.$executeRaw`UPDATE payment_mismatch SET "createdAt" = now() - interval '61 min'`
    await alertOverdue()
    await alertOverdue()
    expect(alarms).toEqual(['mismatch', 'mismatch'])

    const { id: mismatchId } = await deps.db.paymentMismatch.findFirstOrThrow()
    await dismissMismatch(deps, { mismatchId })
    await dismissMismatch(deps, { mismatchId })
    await report()
    await alertOverdue()
    expect(await count()).toBe(0)
    expect(alarms).toEqual(['mismatch', 'mismatch'])
  })
})
