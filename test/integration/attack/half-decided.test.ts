import { finishDecisions, refundDisputed } from '../../../src/payment/operate.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { loseNotices, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { givenTapped, orderOf, paymentOf } from '../../harness/scene.ts'
import { amountOf, paidWord } from '../../harness/word.ts'

/** A payment that is disputed for its amount, and whose misfit was decided by a process that died right after it. */
async function givenHalfDecided(app: TestApp, resolution: 'ACCEPTED' | 'REFUNDED') {
  loseNotices(app)
  const tapped = await givenTapped(app)
  const { db } = app.deps
  await settle(app.deps, { transaction: paidWord(tapped.payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id: misfitId } = await db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  await db.paymentMisfit.update({ where: { id: misfitId }, data: { resolution } })
  if (resolution === 'REFUNDED')
    await db.homestayOrder.update({ where: { sn: tapped.order.sn }, data: { tradeState: 'CANCELLED' } })
  return { ...tapped, misfitId }
}

describe('an operator’s decision whose process died', () => {
  test('to give the money back is carried out by the next run', async ({ app }) => {
    const { payment, misfitId } = await givenHalfDecided(app, 'REFUNDED')

    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNKEPT REQUESTED 10000'])
    const misfit = await app.deps.db.paymentMisfit.findUniqueOrThrow({ where: { id: misfitId } })
    expect(misfit).toMatchObject({ resolution: 'REFUNDED', resolvedAt: expect.any(Date) })
  })

  test('to accept it pays the order', async ({ app }) => {
    const { order, payment } = await givenHalfDecided(app, 'ACCEPTED')

    await finishDecisions(app.deps)

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', disputedAt: null })
  })

  test('is carried out once, by the operator’s repetition or by the run', async ({ app }) => {
    const { payment, order, misfitId } = await givenHalfDecided(app, 'REFUNDED')

    const ends = await race<unknown>(app, { table: 'homestay_order', key: order.sn }, [
      () => finishDecisions(app.deps),
      () => refundDisputed(app.deps, { misfitId }),
      () => finishDecisions(app.deps),
    ])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNKEPT REQUESTED 10000'])
  })

  test('that can’t be carried out keeps no other one waiting', async ({ app }) => {
    const { payment } = await givenHalfDecided(app, 'REFUNDED')
    const { db } = app.deps
    const nothing = { ...(await db.paymentMisfit.findFirstOrThrow()), content: {}, number: 'first' }
    const { id: _id, ...row } = { ...nothing, createdAt: new Date(0) }
    await db.paymentMisfit.create({ data: row })

    await finishDecisions(app.deps)

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['UNKEPT REQUESTED 10000'])
  })
})

describe('a dispute that nobody has decided', () => {
  test('is left alone', async ({ app }) => {
    const { payment, misfitId } = await givenHalfDecided(app, 'ACCEPTED')
    await app.deps.db.paymentMisfit.update({ where: { id: misfitId }, data: { resolution: null } })

    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING', disputedAt: expect.any(Date) })
  })
})
