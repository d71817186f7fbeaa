import { settle } from '../../../src/payment/settlement/settle.ts'
import { queryByOutTradeNo } from '../../../src/wechat/pay.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { compareBill, dayOf, differencesOf, statusOfDay } from '../../harness/bill-days.ts'
import { givenPaid, givenTapped, paymentOf, payOnPhone, type Tapped } from '../../harness/fixtures.ts'
import {
  eventsOf,
  givenRequestedRefund,
  loseNotices,
  refundManually,
  runRefunds,
  summaryOf,
} from '../../harness/money.ts'

/** A payment that WeChat has collected, and whose notice never came. */
async function givenLostNotice(app: TestApp): Promise<Tapped & { billOn: string }> {
  loseNotices(app)
  const tapped = await givenTapped(app)
  await payOnPhone(app, tapped.params)
  return { ...tapped, billOn: dayOf(app, tapped.payment.sn) }
}

describe('the daily bill', () => {
  test('finds nothing about a day whose notices all came', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual([])
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
    const [line] = await app.deps.db.billRow.findMany()
    expect(line).toMatchObject({
      kind: 'PAYMENT',
      outTradeNo: payment.sn,
      amount: 12_800n,
      settled: 12_800n,
      booked: 12_723n,
    })
    expect(Number(line?.fee)).toBe(76.8)
  })

  test('settles a payment whose notice was lost', async ({ app }) => {
    const { payment, billOn } = await givenLostNotice(app)
    await compareBill(app, billOn)
    expect(await eventsOf(app.deps, payment.sn)).toEqual(['PENDING by WX_PAY', 'SUCCESS by BILL'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ paidTotal: 12_800, payerTotal: 12_800 })
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT ONLY_WECHAT SETTLED'])
  })

  test('says of a payment that it settled so, although the run died before it could', async ({ app }) => {
    const { payment, billOn } = await givenLostNotice(app)
    const transaction = await queryByOutTradeNo(app.deps.wechat, { outTradeNo: payment.sn, mchid: payment.mchid })
    await settle(app.deps, { transaction, source: 'BILL' })
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT ONLY_WECHAT SETTLED'])
  })

  test('adopts a manual refund whose notice was lost', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await refundManually(app, payment.sn, 2_800)
    await compareBill(app, dayOf(app, payment.sn))
    expect(await summaryOf(app.deps, payment.sn)).toEqual(['MANUAL SUCCESS 2800'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', refundedTotal: 2_800 })
    expect(await differencesOf(app.deps)).toEqual(['REFUND ONLY_WECHAT ADOPTED'])
  })

  test('settles a payment and adopts its manual refund, when both notices were lost', async ({ app }) => {
    const { payment, billOn } = await givenLostNotice(app)
    await refundManually(app, payment.sn)
    await compareBill(app, billOn)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', refundedTotal: 12_800 })
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT ONLY_WECHAT SETTLED', 'REFUND ONLY_WECHAT ADOPTED'])
  })

  test('adopts a manual refund on a day with refunds only', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await refundManually(app, payment.sn, 2_800)
    const billOn = dayOf(app, payment.sn)
    const order = app.sandbox.ledger.orders.get(payment.sn)
    if (order?.payment) order.payment.paidAt -= 86_400_000
    await app.deps.db.$executeRaw`UPDATE payment SET "payTime" = "payTime" - interval '1 day'`
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(['REFUND ONLY_WECHAT ADOPTED'])
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
  })

  test('records that a refund has ended', async ({ app }) => {
    const { payment, refund } = await givenRequestedRefund(app)
    loseNotices(app)
    await runRefunds(app.deps)
    await expect.poll(() => app.sandbox.ledger.refunds.get(refund.outRefundNo)?.status).toBe('SUCCESS')
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDING' })
    await compareBill(app, dayOf(app, payment.sn))
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
    expect(await differencesOf(app.deps)).toEqual(['REFUND STATE RECORDED'])
  })
})
