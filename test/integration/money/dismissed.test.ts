import { cancelHomestayOrder, createClosing } from '../../../src/order/cancel.ts'
import { createAsking } from '../../../src/payment/ask.ts'
import { learn } from '../../../src/payment/learn.ts'
import { dismissForeign } from '../../../src/payment/release.ts'
import { createReminding } from '../../../src/payment/remind.ts'
import { settle } from '../../../src/payment/settle.ts'
import { withAlarms } from '../../harness/alarms.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { loseNotices } from '../../harness/money.ts'
import { freshTapped, orderOf, paymentOf, tap } from '../../harness/scene.ts'
import { letPass } from '../../harness/time.ts'
import { newTransactionId, paidWord } from '../../harness/word.ts'

/** An attempt whose number has paid an amount that no column holds, and an operator has dealt with that. */
async function givenDismissed(app: TestApp) {
  loseNotices(app)
  const tapped = await freshTapped(app)
  const { ledger } = app.sandbox
  const atWechat = ledger.orders.get(tapped.payment.sn)
  if (!atWechat) throw new Error('WeChat knows no such number')
  ledger.commit(['orders', { ...atWechat, totalFen: 2 ** 31 }])
  app.sandbox.payLate(tapped.payment.sn)
  expect(await learn(app.deps, tapped.payment, 'QUERY')).toBe('DISPUTED')
  const { id: misfitId } = await app.deps.db.paymentMisfit.findFirstOrThrow({
    where: { paymentSn: tapped.payment.sn },
  })
  await dismissForeign(app.deps, { misfitId })
  return tapped
}

describe('a number whose money was dismissed', () => {
  test('is dead, and replaced by the next tap', async ({ app }) => {
    const tapped = await givenDismissed(app)
    await app.deps.db.payment.update({ where: { sn: tapped.payment.sn }, data: { prepayId: null, prepayIdAt: null } })
    const { paymentSn } = await tap(app.deps, tapped)
    expect(paymentSn).not.toBe(tapped.payment.sn)
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'CLOSED', disputedAt: null })
  })

  test('is closed by the asking loop', async ({ app }) => {
    const { payment } = await givenDismissed(app)
    await letPass(app, 3_600)
    await createAsking(app.deps)()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED', disputedAt: null })
  })

  test('keeps its order neither from being cancelled nor from being closed', async ({ app }) => {
    const { order, guest } = await givenDismissed(app)
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('CANCELLED')

    const late = await givenDismissed(app)
    await letPass(app, 7_200)
    await createClosing(app.deps)()
    expect((await orderOf(app.deps, late.order.sn)).tradeState).toBe('CANCELLED')
  })
})

describe('money of a number that nobody knows', () => {
  test('is counted, rings again after an hour, and ends by an operator’s word', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const { deps, alarms } = withAlarms(app.deps)
    const word = paidWord(payment, { out_trade_no: 'PA00000000UNKNOWN', transaction_id: newTransactionId() })
    const tell = () => settle(deps, { transaction: word, source: 'NOTICE' })
    await tell()
    const count = async () => {
      const { values } = await deps.metrics.waiting.get()
      return values.find(({ labels }) => labels.kind === 'unfit')?.value
    }
    const remind = createReminding(deps)
    await remind()
    expect(await count()).toBe(1)
    expect(alarms).toEqual(['misfit'])

    await deps.db.$executeRaw`UPDATE payment_misfit SET "createdAt" = now() - interval '61 min'`
    await remind()
    await remind()
    expect(alarms).toEqual(['misfit', 'misfit'])

    const { id: misfitId } = await deps.db.paymentMisfit.findFirstOrThrow()
    await dismissForeign(deps, { misfitId })
    await dismissForeign(deps, { misfitId })
    await tell()
    await remind()
    expect(await count()).toBe(0)
    expect(alarms).toEqual(['misfit', 'misfit'])
  })
})
