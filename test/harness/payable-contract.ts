import type { User } from '../../prisma/client/client.ts'
import type { Deps } from '../../src/deps.ts'
import { cancelUnpaid, closeOrphaned } from '../../src/payment/attempt/close.ts'
import { wxPay } from '../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { type Payable, payableOf } from '../../src/payment/payable.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from './app.ts'
import { givenGuest, paymentOf, payOnPhone, whenPayment } from './fixtures.ts'

/** What the contract needs to know of a kind of thing that can be paid. */
export interface PayableSubject {
  serviceType: string
  /** The app's deps, with this kind among its payables and its tables in the database. */
  install(app: TestApp): Promise<Deps>
  /** A new order of this guest that waits for payment. */
  givenOrder(app: TestApp, guest: User): Promise<{ orderSn: string; totalFen: number }>
  /** Lets the order's deadline pass. */
  passDeadline(app: TestApp, orderSn: string): Promise<void>
}

/** The contract that every payable must hold, so that money and orders agree whatever happens. */
export function describePayable(name: string, subject: PayableSubject): void {
  const { serviceType } = subject

  async function given(app: TestApp, installed?: Deps) {
    const { deps, told } = listening(installed ?? (await subject.install(app)), serviceType)
    const guest = await givenGuest(app, installed ? 'o_second_guest' : 'o_guest')
    const order = await subject.givenOrder(app, guest)
    const lock = () => deps.db.$transaction((tx) => payableOf(deps, serviceType).lock(tx, order.orderSn))
    const tap = () => wxPay(deps, { orderSn: order.orderSn, serviceType, userId: guest.id })
    return { ...order, deps, guest, lock, tap, told }
  }

  async function givenPaid(app: TestApp, installed?: Deps) {
    const scene = await given(app, installed)
    const params = await scene.tap()
    await payOnPhone(app, params)
    await whenPayment(scene.deps, params.paymentSn, 'SUCCESS')
    return { ...scene, paymentSn: params.paymentSn }
  }

  /** Paid by its second attempt and followed; after that, the first one's money came, and nobody followed it yet. */
  async function givenPaidTwice(app: TestApp) {
    const scene = await given(app)
    const { paymentSn: lateSn } = await scene.tap()
    await closeOrphaned(scene.deps, await paymentOf(scene.deps, lateSn))
    const params = await scene.tap()
    await payOnPhone(app, params)
    await whenPayment(scene.deps, params.paymentSn, 'SUCCESS')
    await applyToOrder(scene.deps, { paymentSn: params.paymentSn })
    const paid = await scene.lock()
    app.sandbox.payLate(lateSn)
    await whenPayment(scene.deps, lateSn, 'SUCCESS')
    return { ...scene, paymentSn: params.paymentSn, lateSn, paid }
  }

  describe(`${name}, as something that can be paid`, () => {
    test('offers its price to its guest while it waits for payment', async ({ app }) => {
      const { lock, totalFen, guest } = await given(app)
      const locked = await lock()
      expect(locked).toMatchObject({ userId: guest.id, waitsForPayment: true, paidBySn: null, offer: { totalFen } })
      expect(locked?.offer?.payBefore.getMilliseconds()).toBe(0)
    })

    test('knows no order that is not there', async ({ app }) => {
      const { deps } = await given(app)
      const missing = await deps.db.$transaction((tx) => payableOf(deps, serviceType).lock(tx, 'no-such-order'))
      expect(missing).toBeNull()
    })

    test('is locked by one transaction at a time', async ({ app }) => {
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

    test('is paid by its own guest alone', async ({ app }) => {
      const { deps, orderSn } = await given(app)
      const stranger = await givenGuest(app, 'o_stranger')
      const tap = wxPay(deps, { orderSn, serviceType, userId: stranger.id })
      await expect(tap).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await deps.db.payment.count()).toBe(0)
    })

    test('offers nothing once its deadline has passed, and still waits to be closed', async ({ app }) => {
      const { lock, orderSn, tap } = await given(app)
      await subject.passDeadline(app, orderSn)
      expect(await lock()).toMatchObject({ waitsForPayment: true, offer: null })
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    })

    test('is paid by its payment, once, however often that is followed', async ({ app }) => {
      const { deps, paymentSn, lock, tap } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      const first = await lock()
      await applyToOrder(deps, { paymentSn })
      expect(first).toMatchObject({ waitsForPayment: false, paidBySn: paymentSn, offer: null })
      expect(await lock()).toEqual(first)
      expect(await deps.db.refund.count()).toBe(0)
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID' })
    })

    test('leaves the money of a cancelled order to be refunded in full', async ({ app }) => {
      const { deps, lock, tap, orderSn, totalFen, told } = await given(app)
      const { paymentSn } = await tap()
      expect(await cancelUnpaid(deps, { serviceType, orderSn })).toBe('CANCELLED')
      expect(await lock()).toMatchObject({ waitsForPayment: false, offer: null })

      app.sandbox.payLate(paymentSn)
      await whenPayment(deps, paymentSn, 'SUCCESS')
      await applyToOrder(deps, { paymentSn })
      await applyToOrder(deps, { paymentSn })

      expect(await deps.db.refund.findMany()).toMatchObject([{ paymentSn, refundTotal: totalFen, cause: 'UNAPPLIED' }])
      expect(told).toEqual([])
      await createRefundLoop(deps)()
      await whenPayment(deps, paymentSn, 'REFUNDED')
      await applyToOrder(deps, { paymentSn })
      expect(await lock()).toMatchObject({ waitsForPayment: false, paidBySn: null })
      expect(told).toEqual([paymentSn])
    })

    test('leaves the money of a second payment to be refunded in full, and stays paid by the first', async ({
      app,
    }) => {
      const { deps, lock, paymentSn, lateSn, totalFen, paid, told } = await givenPaidTwice(app)
      await applyToOrder(deps, { paymentSn: lateSn })
      await applyToOrder(deps, { paymentSn })
      await applyToOrder(deps, { paymentSn: lateSn })

      const refunds = await deps.db.refund.findMany()
      expect(refunds).toMatchObject([{ paymentSn: lateSn, refundTotal: totalFen, cause: 'UNAPPLIED' }])
      expect(paid).toMatchObject({ paidBySn: paymentSn })
      expect(await lock()).toEqual(paid)

      await createRefundLoop(deps)()
      await whenPayment(deps, lateSn, 'REFUNDED')
      await applyToOrder(deps, { paymentSn: lateSn })
      expect(told).toEqual([lateSn])
      expect(await lock()).toEqual(paid)
      expect(await paymentOf(deps, paymentSn)).toMatchObject({ status: 'SUCCESS' })
    })

    test('follows a refund of all of its money', async ({ app }) => {
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

    test('ends the same when all of its money went back before anything was followed', async ({ app }) => {
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

/** The same deps, and the payments whose guests this kind was asked to tell that their money went back. */
function listening(deps: Deps, serviceType: string): { deps: Deps; told: string[] } {
  const told: string[] = []
  const payable = payableOf(deps, serviceType)
  const heard: Payable = {
    ...payable,
    announceRefund: async (tx, payment) => {
      told.push(payment.sn)
      await payable.announceRefund(tx, payment)
    },
  }
  return { deps: { ...deps, payables: { ...deps.payables, [serviceType]: heard } }, told }
}
