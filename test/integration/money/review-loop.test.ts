import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { finishDecisions } from '../../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenPaid, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

/** Money of a wrong amount. */
async function givenUnderReview({ deps }: TestApp, { payment }: Tapped) {
  const transaction = paidReport(payment, { amount: amountOf(10_000) })
  await settle(deps, { transaction, source: 'NOTICE' })
  const { id: mismatchId } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })
  return { mismatchId, transaction }
}

describe('the loop that finishes decisions', () => {
  test('does not put a payment under review again whose accepted decision is not finished', async ({ app }) => {
    const tapped = await freshTapped(app)
    const { mismatchId, transaction } = await givenUnderReview(app, tapped)
    // What a process leaves that dies right after it settled the money.
    await app.deps.db.paymentMismatch.update({ where: { id: mismatchId }, data: { resolution: 'ACCEPTED' } })
    await settle(app.deps, { transaction, source: 'OPERATOR', accept: true })
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    app.sandbox.faults.add({ endpoint: 'query', kind: 'system-error' })

    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })

    app.sandbox.faults.clear('query')
    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })
  })

  test('ends a review that a report started which had waited for the dismissal’s lock', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const transaction = paidReport(payment, { transaction_id: newTransactionId() })
    const report = () => settle(app.deps, { transaction, source: 'NOTICE' })
    await report()
    const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })

    await race<unknown>(app, { table: 'payment', key: payment.sn }, [
      () => dismissMismatch(app.deps, { mismatchId }),
      () => report(),
    ])
    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })
    expect(await report()).toMatchObject({ version: null })
  })
})
