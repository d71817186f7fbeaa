import { followPayment } from '../../../src/payment/follow.ts'
import { learn } from '../../../src/payment/learn.ts'
import { createReminding } from '../../../src/payment/remind.ts'
import { settle } from '../../../src/payment/settle.ts'
import { withAlarms } from '../../harness/alarms.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenRefundAsked, loseNotices, refundByHand, runRefunds } from '../../harness/money.ts'
import { freshTapped, payOnPhone, whenPayment } from '../../harness/scene.ts'
import { letPass } from '../../harness/time.ts'
import { amountOf, newTransactionId, paidWord } from '../../harness/word.ts'

/** A payment that WeChat calls refunded; the refund's notice is the test's to send. */
async function givenHeld(app: TestApp) {
  const { payment } = await freshTapped(app)
  loseNotices(app)
  app.sandbox.payLate(payment.sn)
  const outRefundNo = await refundByHand(app, payment.sn, 800)
  await learn(app.deps, payment, 'QUERY')
  return { payment, outRefundNo }
}

async function givenDisputed(app: TestApp) {
  const { payment } = await freshTapped(app)
  const transaction_id = newTransactionId()
  const tell = (change: Record<string, unknown> = {}) =>
    settle(app.deps, { transaction: paidWord(payment, { transaction_id, ...change }), source: 'NOTICE' })
  await tell({ amount: amountOf(10_000) })
  return { payment, fits: tell }
}

/** Time in which every order has followed its payment. */
async function followAndLetPass(app: TestApp, seconds: number): Promise<void> {
  for (const { sn } of await app.deps.db.payment.findMany()) await followPayment(app.deps, sn)
  await letPass(app, seconds)
}

async function gauge({ deps }: TestApp): Promise<Record<string, number>> {
  const { values } = await deps.metrics.waiting.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.kind, value]))
}

describe('what waits for a person', () => {
  test('is counted at once, and rings once it has waited an hour, once', async ({ app }) => {
    await givenHeld(app)
    await givenDisputed(app)
    const { deps, alarms } = withAlarms(app.deps)
    const remind = createReminding(deps)

    await remind()
    expect(await gauge(app)).toEqual({ disputed: 1, held: 1, refund: 0, unfit: 0, unfollowed: 0 })
    await followAndLetPass(app, 59 * 60)
    await remind()
    expect(alarms).toEqual([])

    await followAndLetPass(app, 60)
    await remind()
    await remind()
    expect(alarms.sort()).toEqual(['held', 'misfit'])
  })

  test('rings again from a worker that starts', async ({ app }) => {
    await givenDisputed(app)
    await followAndLetPass(app, 7_200)
    const { deps, alarms } = withAlarms(app.deps)
    await createReminding(deps)()
    await createReminding(deps)()
    expect(alarms).toEqual(['misfit', 'misfit'])
  })

  test('goes by the name that WeChat gives its number', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    const { payment } = await givenHeld(app)
    await followAndLetPass(app, 7 * 86_400)
    const { deps, lines } = withAlarms(app.deps)
    await createReminding(deps)()
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'held', outTradeNo: payment.sn }))
    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'refund', outRefundNo: refund.outRefundNo }))
  })

  test('waits no longer once WeChat has said the rest', async ({ app }) => {
    const held = await givenHeld(app)
    const disputed = await givenDisputed(app)
    await app.sandbox.sendNotice(held.outRefundNo)
    await disputed.fits()
    await followAndLetPass(app, 7_200)
    const { deps, alarms } = withAlarms(app.deps)
    await createReminding(deps)()
    expect(alarms).toEqual([])
    expect(await gauge(app)).toEqual({ disputed: 0, held: 0, refund: 0, unfit: 0, unfollowed: 0 })
  })

  test('is an order that does not follow its payment for ten minutes', async ({ app }) => {
    const { payment, params } = await freshTapped(app)
    await payOnPhone(app, params)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    const { deps, alarms } = withAlarms(app.deps)
    const remind = createReminding(deps)
    await letPass(app, 9 * 60)
    await remind()
    expect(await gauge(app)).toMatchObject({ unfollowed: 0 })

    await letPass(app, 60)
    await remind()
    expect(await gauge(app)).toMatchObject({ unfollowed: 1 })
    expect(alarms).toEqual(['follow'])

    await followPayment(deps, payment.sn)
    await remind()
    expect(await gauge(app)).toMatchObject({ unfollowed: 0 })
  })

  test('is a refund that has been under way for a week', async ({ app }) => {
    const { payment } = await givenRefundAsked(app)
    const { deps, alarms } = withAlarms(app.deps)
    const remind = createReminding(deps)
    await followAndLetPass(app, 6 * 86_400)
    await remind()
    expect(alarms).toEqual([])

    await followAndLetPass(app, 86_400)
    await remind()
    expect(alarms).toEqual(['refund'])
    expect(await gauge(app)).toEqual({ disputed: 0, held: 0, refund: 1, unfit: 0, unfollowed: 0 })

    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    await remind()
    expect(await gauge(app)).toMatchObject({ refund: 0 })
  })
})
