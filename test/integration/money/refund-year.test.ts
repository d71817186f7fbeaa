import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { advanceNow } from '../../../src/payment/refund/stuck.ts'
import { getMismatchFor } from '../../../src/payment/review/list.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenPaid, orderOf, type Tapped } from '../../harness/fixtures.ts'
import {
  endRefund,
  givenRequestedRefund,
  givenUnapplied,
  newestRefund,
  refundsOf,
  runRefunds,
} from '../../harness/money.ts'
import { paidReport } from '../../harness/reports.ts'
import { silenceWechat } from '../../harness/states.ts'

const DAY_MS = 86_400_000

const REFUSAL = {
  code: 'INVALID_INPUT',
  fields: [{ text: { en: expect.stringContaining('pay the guest in another way') } }],
}

/** The payment was made so many days ago, in our books and in WeChat's, for a stay that is still to come. */
async function paidDaysAgo({ deps: { db }, sandbox }: TestApp, { order, payment }: Tapped, days: number) {
  await db.$transaction([
    // What was paid, and when, never changes, but for a test that can't wait.
    db.$executeRaw`SET LOCAL session_replication_role = replica`,
    db.$executeRaw`UPDATE payment SET "paidAt" = now() - make_interval(days => ${days}) WHERE sn = ${payment.sn}`,
    db.$executeRaw`UPDATE homestay_order SET "liveStartDate" = current_date + 300, "liveEndDate" = current_date + 302
      WHERE sn = ${order.sn}`,
  ])
  const atWechat = sandbox.ledger.orders.get(payment.sn)?.payment
  if (atWechat) atWechat.paidAt = Date.now() - days * DAY_MS
}

function requestRefund({ deps }: TestApp, { guest, order }: Tapped) {
  return refundHomestayOrder(deps, { userId: guest.id, sn: order.sn })
}

describe('a guest’s refund of a stay that is more than a year after its payment', () => {
  test('is refused from a week before WeChat’s year is over, and the order stays usable', async ({ app }) => {
    const paid = await givenPaid(app)
    await paidDaysAgo(app, paid, 359)

    await expect(requestRefund(app, paid)).rejects.toMatchObject({
      code: 'ORDER_NOT_REFUNDABLE',
      message: expect.stringContaining('WeChat returns a payment for one year only'),
    })

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await refundsOf(app.deps, paid.payment.sn)).toEqual([])
    await redeemTradeCode(app.deps, { hostUserId: paid.hostUserId, tradeCode: paid.order.tradeCode ?? '' })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'USED' })
  })

  test('is opened until then, and WeChat takes it', async ({ app }) => {
    const paid = await givenPaid(app)
    await paidDaysAgo(app, paid, 357)

    await requestRefund(app, paid)
    await runRefunds(app.deps)

    expect(await newestRefund(app.deps, paid.payment.sn)).not.toMatchObject({ status: 'REQUESTED' })
  })

  test('is opened anew after WeChat closed it within the last week of the year, for its guest was in time', async ({
    app,
  }) => {
    const paid = await givenRequestedRefund(app)
    await paidDaysAgo(app, paid, 360)
    silenceWechat(app)
    await runRefunds(app.deps)
    await endRefund(app, paid.refund.outRefundNo, 'CLOSED')

    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
    expect(await newestRefund(app.deps, paid.payment.sn)).toMatchObject({ status: 'REQUESTED', attempt: 2 })
  })

  test('is not opened anew after WeChat closed it when the year is over: the order is usable again', async ({
    app,
  }) => {
    const paid = await givenRequestedRefund(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await paidDaysAgo(app, paid, 366)
    await endRefund(app, paid.refund.outRefundNo, 'CLOSED')

    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await refundsOf(app.deps, paid.payment.sn)).toHaveLength(1)
  })
})

describe('a refund that WeChat refuses because its payment is more than a year old', () => {
  test('says in its alert and in its row what an operator must do', async ({ app }) => {
    const unapplied = await givenUnapplied(app)
    await paidDaysAgo(app, unapplied, 366)
    const { deps, lines } = withAlerts(app.deps)

    await runRefunds(deps)

    const otherWay = expect.stringContaining('pay the guest in another way')
    expect(lines).toMatchObject([{ alarm: 'refund', msg: otherWay, remedy: otherWay }])
    const { status, lastAnswer } = await newestRefund(app.deps, unapplied.payment.sn)
    expect(status).toBe('REQUESTED')
    expect(lastAnswer).toContain('pay the guest in another way')
  })

  test('is not tried at an operator’s wish, who learns why', async ({ app }) => {
    const unapplied = await givenUnapplied(app)
    await paidDaysAgo(app, unapplied, 366)

    const retry = app.deps.db.$transaction((tx) => advanceNow(tx, unapplied.refund.outRefundNo))

    await expect(retry).rejects.toMatchObject(REFUSAL)
  })

  test('is not decided about a mismatch either, which can still be accepted', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const yearAgo = new Date(Date.now() - 366 * DAY_MS).toISOString()
    await settle(app.deps, { transaction: paidReport(payment, { success_time: yearAgo }), source: 'NOTICE' })
    const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })

    await expect(getMismatchFor(app.deps.db, { mismatchId, decision: 'refund' })).rejects.toMatchObject(REFUSAL)

    expect(await getMismatchFor(app.deps.db, { mismatchId, decision: 'accept' })).toMatchObject({ id: mismatchId })
  })
})
