import type { Payment } from '../../../prisma/client/client.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { getEvent, getEvents } from '../../../src/payment/event.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, givenPaid, givenTapped, paymentOf, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { givenRequestedRefund, loseNotices, runRefunds } from '../../harness/money.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'

/** What the event of a payment's version must say when it was made from this row. */
function eventOf(payment: Payment) {
  const { sn, status, version, payTime } = payment
  const { orderSn, serviceType, payTotal, paidTotal, payerTotal, refundedTotal, transactionId } = payment
  return {
    schemaVersion: 1,
    paymentSn: sn,
    version,
    status,
    orderSn,
    serviceType,
    payTotal,
    paidTotal,
    payerTotal,
    refundedTotal,
    transactionId,
    payTime: payTime?.toISOString() ?? null,
  }
}

/** Asserts that the newest event says what the payment is now. @returns it. */
async function expectNewestEvent({ deps }: TestApp, sn: string, of: { type: string; previousStatus: string | null }) {
  const payment = await paymentOf(deps, sn)
  const event = await getEvent(deps.db, { paymentSn: sn, version: payment.version })
  expect(event).toEqual({ ...eventOf(payment), ...of, time: expect.stringMatching(/^\d{4}-.*Z$/) })
  return event
}

describe('the event of each change', () => {
  test('stores every field as of its version, from the tap to the refund', async ({ app }) => {
    loseNotices(app)
    const { payment, params, order, guest } = await givenTapped(app)
    const first = await expectNewestEvent(app, payment.sn, { type: 'payment.created', previousStatus: null })

    await settle(app.deps, { transaction: paidReport(payment, { amount: amountOf(1) }), source: 'NOTICE' })
    await expectNewestEvent(app, payment.sn, { type: 'payment.updated', previousStatus: 'PENDING' })

    const coupon = amountOf(payment.payTotal, payment.payTotal - 100)
    await settle(app.deps, { transaction: paidReport(payment, { amount: coupon }), source: 'QUERY' })
    const paid = await expectNewestEvent(app, payment.sn, { type: 'payment.succeeded', previousStatus: 'PENDING' })
    expect(paid).toMatchObject({ paidTotal: 12_800, payerTotal: 12_700, transactionId: expect.any(String) })

    expect(await getEvent(app.deps.db, { paymentSn: payment.sn, version: 1 })).toEqual(first)
    expect([params.paymentSn, order.userId]).toEqual([payment.sn, guest.id])
  })

  test('stores a refund when it is requested, and when the money is back', async ({ app }) => {
    const { payment } = await givenRequestedRefund(app)
    await expectNewestEvent(app, payment.sn, { type: 'payment.refunding', previousStatus: 'SUCCESS' })

    await runRefunds(app.deps)
    await whenPayment(app.deps, payment.sn, 'REFUNDED')
    const event = await expectNewestEvent(app, payment.sn, { type: 'payment.refunded', previousStatus: 'REFUNDING' })
    expect(event).toMatchObject({ refundedTotal: 12_800, paidTotal: 12_800 })
  })

  test('is an update when a part of the money goes back', async ({ app }) => {
    const { payment } = await givenPaid(app)
    app.sandbox.refundManually({ outTradeNo: payment.sn, refundFen: 800 })
    await expect.poll(async () => (await paymentOf(app.deps, payment.sn)).refundedTotal).toBe(800)
    const { type, status } = await getEvent(app.deps.db, {
      paymentSn: payment.sn,
      version: (await paymentOf(app.deps, payment.sn)).version,
    })
    expect({ type, status }).toEqual({ type: 'payment.updated', status: 'SUCCESS' })
  })

  test('stores a close, at once and with care, and the late money after it', async ({ app }) => {
    const atOnce = await freshTapped(app)
    await cancelHomestayOrder(app.deps, { userId: atOnce.guest.id, sn: atOnce.order.sn })
    await expectNewestEvent(app, atOnce.payment.sn, { type: 'payment.closed', previousStatus: 'PENDING' })

    const careful = await freshTapped(app)
    await closeAttempt(app.deps, careful.payment)
    await expectNewestEvent(app, careful.payment.sn, { type: 'payment.closed', previousStatus: 'PENDING' })

    app.sandbox.payLate(careful.payment.sn)
    await whenPayment(app.deps, careful.payment.sn, 'SUCCESS')
    await expectNewestEvent(app, careful.payment.sn, { type: 'payment.succeeded', previousStatus: 'CLOSED' })
  })

  test('is read from its payment where its fields were not stored yet', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    await payOnPhone(app, params)
    await whenPayment(app.deps, payment.sn, 'SUCCESS')
    const refs = [1, 2].map((version) => ({ paymentSn: payment.sn, version }))
    const stored = await getEvents(app.deps.db, refs)

    await app.deps.db.$transaction([
      app.deps.db.$executeRaw`SET LOCAL session_replication_role = replica`,
      app.deps.db.$executeRaw`
        UPDATE payment_event SET type = NULL, "orderSn" = NULL, "serviceType" = NULL, "payTotal" = NULL, "paidTotal" = NULL,
          "payerTotal" = NULL, "refundedTotal" = NULL, "transactionId" = NULL, "payTime" = NULL`,
    ])

    expect(await getEvents(app.deps.db, refs)).toEqual(stored)
  })

  test('rejects an event that does not exist', async ({ app }) => {
    const { payment } = await givenTapped(app)
    await expect(getEvent(app.deps.db, { paymentSn: payment.sn, version: 2 })).rejects.toThrow('has no version 2')
  })
})
