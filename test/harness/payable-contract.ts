import { wxPay } from '../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { describe, expect, test } from './app.ts'
import { givenGuest, paymentOf, whenPayment } from './fixtures.ts'
import { describeBatches } from './payable-batches.ts'
import { finishRefund, type PayableSubject, payableFixtures } from './payable-fixtures.ts'
import { describeMessages } from './payable-messages.ts'

/** The contract that every payable must hold, so that money, orders and messages agree whatever happens. */
export function describePayable(name: string, subject: PayableSubject): void {
  describeMoney(name, subject)
  describeBatches(name, subject)
  describeMessages(name, subject)
}

function describeMoney(name: string, subject: PayableSubject): void {
  const { serviceType } = subject
  const { given, givenPaid, givenPaidLate, givenPaidTwice } = payableFixtures(subject)

  describe(`${name}, as something that can be paid`, () => {
    test('offers an order’s price to its guest while it waits for payment', async ({ app }) => {
      const { lock, totalFen, guest } = await given(app)
      const locked = await lock()
      expect(locked).toMatchObject({ userId: guest.id, waitsForPayment: true, paidBySn: null, offer: { totalFen } })
      expect(locked?.offer?.payBefore.getMilliseconds()).toBe(0)
    })

    test('locks nothing for an order that does not exist', async ({ app }) => {
      const { deps } = await given(app)
      const missing = await deps.db.$transaction((tx) => payableOf(deps, serviceType).lock(tx, 'no-such-order'))
      expect(missing).toBeNull()
    })

    test('lets one transaction at a time lock an order', async ({ app }) => {
      const { deps, lock, orderSn } = await given(app)
      const ends: string[] = []
      const second = await deps.db.$transaction(async (tx) => {
        await payableOf(deps, serviceType).lock(tx, orderSn)
        const waiting = lock().then(() => ends.push('second'))
        // Not through `tx`: inside a transaction pg_stat_activity does not change.
        await expect.poll(() => deps.db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(1)
        ends.push('first')
        return { waiting }
      })
      await second.waiting
      expect(ends).toEqual(['first', 'second'])
    })

    test('rejects a payment by anyone but the order’s guest', async ({ app }) => {
      const { deps, orderSn } = await given(app)
      const stranger = await givenGuest(app, 'o_stranger')
      const tap = wxPay(deps, { orderSn, serviceType, userId: stranger.id })
      await expect(tap).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await deps.db.payment.count()).toBe(0)
    })

    test('offers nothing after the payment deadline, while the order still waits to be closed', async ({ app }) => {
      const { lock, orderSn, tap } = await given(app)
      await subject.passDeadline(app, orderSn)
      expect(await lock()).toMatchObject({ waitsForPayment: true, offer: null })
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    })

    test('marks an order paid once, however often its payment is applied', async ({ app }) => {
      const { deps, paymentSn, lock, tap } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      const first = await lock()
      await applyToOrder(deps, { paymentSn })
      expect(first).toMatchObject({ waitsForPayment: false, paidBySn: paymentSn, offer: null })
      expect(await lock()).toEqual(first)
      expect(await deps.db.refund.count()).toBe(0)
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID' })
    })

    test('refunds the late money of a cancelled order in full', async ({ app }) => {
      const { deps, lock, paymentSn, totalFen, end, cancelled } = await givenPaidLate(app)
      expect(end).toBe('CANCELLED')
      expect(cancelled).toMatchObject({ waitsForPayment: false, offer: null })

      await applyToOrder(deps, { paymentSn })
      await applyToOrder(deps, { paymentSn })

      expect(await deps.db.refund.findMany()).toMatchObject([{ paymentSn, refundTotal: totalFen, cause: 'UNAPPLIED' }])
      await finishRefund(deps, paymentSn)
      expect(await lock()).toMatchObject({ waitsForPayment: false, paidBySn: null })
    })

    test('refunds the second payment of an order in full, and keeps the order paid by the first', async ({ app }) => {
      const { deps, lock, paymentSn, lateSn, totalFen, paid } = await givenPaidTwice(app)
      await applyToOrder(deps, { paymentSn: lateSn })
      await applyToOrder(deps, { paymentSn })
      await applyToOrder(deps, { paymentSn: lateSn })

      const refunds = await deps.db.refund.findMany()
      expect(refunds).toMatchObject([{ paymentSn: lateSn, refundTotal: totalFen, cause: 'UNAPPLIED' }])
      expect(paid).toMatchObject({ paidBySn: paymentSn })
      expect(await lock()).toEqual(paid)

      await finishRefund(deps, lateSn)
      expect(await lock()).toEqual(paid)
      expect(await paymentOf(deps, paymentSn)).toMatchObject({ status: 'SUCCESS' })
    })

    test('moves a paid order on once all of its money is refunded', async ({ app }) => {
      const { deps, paymentSn, lock } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      const paid = await lock()
      app.sandbox.refundManually({ outTradeNo: paymentSn })
      await whenPayment(deps, paymentSn, 'REFUNDED')
      await applyToOrder(deps, { paymentSn })
      const refunded = await lock()
      expect(refunded?.tradeState).not.toBe(paid?.tradeState)
      await applyToOrder(deps, { paymentSn })
      expect(await lock()).toEqual(refunded)
    })

    test('ends in the same state when all of the money is refunded before the payment is applied', async ({ app }) => {
      const first = await givenPaid(app)
      await applyToOrder(first.deps, { paymentSn: first.paymentSn })
      const second = await givenPaid(app, first.deps)
      for (const { deps, paymentSn } of [first, second]) {
        app.sandbox.refundManually({ outTradeNo: paymentSn })
        await whenPayment(deps, paymentSn, 'REFUNDED')
        await applyToOrder(deps, { paymentSn })
      }
      const { tradeState } = (await first.lock()) ?? {}
      const expected = { tradeState, waitsForPayment: false, paidBySn: second.paymentSn, offer: null }
      expect(await second.lock()).toMatchObject(expected)
      expect(await second.deps.db.refund.count({ where: { cause: 'UNAPPLIED' } })).toBe(0)
    })
  })
}

const WAITING_FOR_LOCK = `
  SELECT pid::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
