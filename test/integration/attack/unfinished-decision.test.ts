import { finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { listMismatches } from '../../../src/payment/review/list.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { loseNotices, summaryOf } from '../../harness/money.ts'
import { openOperator } from '../../harness/operator.ts'
import { race } from '../../harness/race.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

/** A payment under review whose mismatch was decided by a process that died before carrying the decision out. */
async function givenUnfinishedDecision(app: TestApp, resolution: 'ACCEPTED' | 'REFUNDED') {
  loseNotices(app)
  const tapped = await givenTapped(app)
  const { db } = app.deps
  await settle(app.deps, { transaction: paidReport(tapped.payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id: mismatchId } = await db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  await db.paymentMismatch.update({ where: { id: mismatchId }, data: { resolution } })
  if (resolution === 'REFUNDED')
    await db.homestayOrder.update({ where: { sn: tapped.order.sn }, data: { tradeState: 'CANCELLED' } })
  return { ...tapped, mismatchId }
}

describe('an operator’s decision whose process died', () => {
  test('the decision loop carries out an unfinished decision to refund', async ({ app }) => {
    const { payment, mismatchId } = await givenUnfinishedDecision(app, 'REFUNDED')

    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
    const mismatch = await app.deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
    expect(mismatch).toMatchObject({ resolution: 'REFUNDED', resolvedAt: expect.any(Date) })
  })

  test('the decision loop carries out an unfinished decision to accept', async ({ app }) => {
    const { order, payment } = await givenUnfinishedDecision(app, 'ACCEPTED')

    await finishDecisions(app.deps)

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })
  })

  test('carries out an unfinished decision once when the operator and the loop repeat it at once', async ({ app }) => {
    const { payment, order, mismatchId } = await givenUnfinishedDecision(app, 'REFUNDED')

    const ends = await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => finishDecisions(app.deps),
      () => refundMismatch(app.deps, { mismatchId }),
      () => finishDecisions(app.deps),
    ])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
  })

  test('a decision that can’t be carried out does not block the others', async ({ app }) => {
    const { payment } = await givenUnfinishedDecision(app, 'REFUNDED')
    const { db } = app.deps
    const unfinishable = { ...(await db.paymentMismatch.findFirstOrThrow()), content: {}, number: 'first' }
    const { id: _id, ...row } = { ...unfinishable, createdAt: new Date(0) }
    await db.paymentMismatch.create({ data: row })

    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNAPPLIED REQUESTED 10000'])
  })
})

describe('a decision that can’t be carried out any more', () => {
  test('waits, with an alert, until an operator dismisses it, which leaves the payment as it is', async ({ app }) => {
    const { payment, order, mismatchId } = await givenUnfinishedDecision(app, 'ACCEPTED')
    const { deps, alarms } = withAlerts(app.deps)
    const other = paidReport(payment, { transaction_id: newTransactionId() })
    await settle(deps, { transaction: other, source: 'NOTICE' })
    await finishDecisions(deps)
    expect(alarms).toEqual(['mismatch'])
    expect(await listMismatches(deps.db, { limit: 10 })).toMatchObject([
      { id: mismatchId, resolution: 'ACCEPTED', decisions: ['dismiss'] },
    ])

    const { admin } = openOperator(app)
    const dismiss = ['review', 'dismiss', mismatchId, '--as', 'Li Lei', '--reason', 'paid back on the platform']
    expect((await admin(...dismiss, '--dry-run')).output).toContain(`would dismiss mismatch ${mismatchId}`)
    expect(await admin(...dismiss)).toMatchObject({ code: 0, output: `mismatch ${mismatchId} is DISMISSED` })

    expect(await deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })).toMatchObject({
      resolution: 'DISMISSED',
      resolvedAt: expect.any(Date),
      decidedBy: 'Li Lei',
    })
    const paid = { status: 'SUCCESS', transactionId: other.transactionId, underReviewAt: null }
    expect(await paymentOf(deps, payment.sn)).toMatchObject(paid)
    await finishDecisions(deps)
    expect(alarms).toEqual(['mismatch'])
    expect(await orderOf(deps, order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })
})

describe('a mismatch without a decision', () => {
  test('the decision loop leaves an undecided mismatch unchanged', async ({ app }) => {
    const { payment, mismatchId } = await givenUnfinishedDecision(app, 'ACCEPTED')
    await app.deps.db.paymentMismatch.update({ where: { id: mismatchId }, data: { resolution: null } })

    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', underReviewAt: expect.any(Date) })
  })
})
