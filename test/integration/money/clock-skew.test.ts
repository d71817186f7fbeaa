import { vi } from 'vitest'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { parseRefund } from '../../../src/wechat/transaction.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, orderOf, paymentOf, tap, whenPayment } from '../../harness/fixtures.ts'
import { newestRefund } from '../../harness/money.ts'
import { newTransactionId } from '../../harness/reports.ts'
import { secondsUntil } from '../../harness/time.ts'

const DAY_MS = 86_400_000

/** Runs `body` in a process whose clock is off by `days`. */
async function withWrongClock<Result>(days: number, body: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS })
  return body().finally(() => vi.useRealTimers())
}

/** Expects `instant` to be about `seconds` from the database's current time. */
async function expectSecondsFromNow(app: TestApp, seconds: number, instant: Date | null): Promise<void> {
  expect(await secondsUntil(app, instant)).toBeCloseTo(seconds, -2)
}

describe.for([1, -1])('a process whose clock is off by %i day', (days) => {
  test('accepts a guest’s refund until the first day of the stay begins, by the database’s clock', async ({ app }) => {
    const paid = await givenPaid(app)
    const requestRefund = () =>
      withWrongClock(days, () => refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn }))
    const startsOn = (day: number) => app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date + ${day}::int`

    await startsOn(0)
    await expect(requestRefund()).rejects.toMatchObject({ code: 'ORDER_NOT_REFUNDABLE' })
    await startsOn(1)
    await requestRefund()

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
    await expectSecondsFromNow(app, 0, (await newestRefund(app.deps, paid.payment.sn)).nextAdvanceAt)
  })

  test('rechecks a closed attempt after a minute, by the database’s clock', async ({ app }) => {
    const { payment } = await givenTapped(app)

    await withWrongClock(days, () => closeAttempt(app.deps, payment))

    const { closedAt, nextRecheckAt } = await paymentOf(app.deps, payment.sn)
    await expectSecondsFromNow(app, 0, closedAt)
    await expectSecondsFromNow(app, 60, nextRecheckAt)
  })

  test('rechecks the other attempt of a paid order at once, by the database’s clock', async ({ app }) => {
    const tapped = await givenTapped(app)
    await closeAttempt(app.deps, tapped.payment)
    const { paymentSn: other } = await tap(app.deps, tapped)
    app.sandbox.payLate(tapped.payment.sn)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')

    await withWrongClock(days, () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn }))

    await expectSecondsFromNow(app, 0, (await paymentOf(app.deps, other)).nextRecheckAt)
  })

  test('queries a manual refund in PROCESSING at once, by the database’s clock', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const report = parseRefund({
      refund_id: newTransactionId(),
      out_refund_no: 'manual',
      transaction_id: payment.transactionId,
      out_trade_no: payment.sn,
      status: 'PROCESSING',
      amount: { total: payment.payTotal, refund: 800 },
    })

    await withWrongClock(days, () => recordRefund(app.deps, { report, source: 'NOTICE' }))

    await expectSecondsFromNow(app, 0, (await newestRefund(app.deps, payment.sn)).nextAdvanceAt)
  })
})
