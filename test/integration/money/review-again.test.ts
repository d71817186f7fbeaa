import { followPayment } from '../../../src/payment/follow.ts'
import { finishDecisions } from '../../../src/payment/operate.ts'
import { dismissForeign } from '../../../src/payment/release.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { race } from '../../harness/race.ts'
import { freshTapped, givenPaid, paymentOf, type Tapped } from '../../harness/scene.ts'
import { amountOf, newTransactionId, paidWord } from '../../harness/word.ts'

/** Money of another amount than was asked for. */
async function givenDisputed({ deps }: TestApp, { payment }: Tapped) {
  const transaction = paidWord(payment, { amount: amountOf(10_000) })
  await settle(deps, { transaction, source: 'NOTICE' })
  const { id: misfitId } = await deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: payment.sn } })
  return { misfitId, transaction }
}

describe('the review of disputes', () => {
  test('leaves a payment alone whose accepted money waits for the decision’s last word', async ({ app }) => {
    const tapped = await freshTapped(app)
    const { misfitId, transaction } = await givenDisputed(app, tapped)
    // What is there when a process dies right after it has settled the money.
    await app.deps.db.paymentMisfit.update({ where: { id: misfitId }, data: { resolution: 'ACCEPTED' } })
    await settle(app.deps, { transaction, source: 'OPERATOR' }, { accept: true })
    await followPayment(app.deps, tapped.payment.sn)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'system-error' })

    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', disputedAt: null })

    app.sandbox.faults.clear('query')
    await finishDecisions(app.deps)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', disputedAt: null })
  })

  test('ends a dispute that a word began which had waited behind its dismissal', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const transaction = paidWord(payment, { transaction_id: newTransactionId() })
    const tell = () => settle(app.deps, { transaction, source: 'NOTICE' })
    await tell()
    const { id: misfitId } = await app.deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: payment.sn } })

    await race<unknown>(app, { table: 'payment', key: payment.sn }, [
      () => dismissForeign(app.deps, { misfitId }),
      () => tell(),
    ])
    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', disputedAt: null })
    expect(await tell()).toMatchObject({ version: null })
  })
})
