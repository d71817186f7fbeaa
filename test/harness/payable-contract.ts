import type { User } from '../../prisma/client/client.ts'
import type { Deps } from '../../src/deps.ts'
import { cancelUnpaid } from '../../src/payment/close.ts'
import { followPayment } from '../../src/payment/follow.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { createRefunding } from '../../src/payment/refund-loop.ts'
import { wxPay } from '../../src/payment/wx-pay.ts'
import { describe, expect, type TestApp, test } from './app.ts'
import { givenGuest, paymentOf, payOnPhone, whenPayment } from './scene.ts'

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

  async function given(app: TestApp) {
    const deps = await subject.install(app)
    const guest = await givenGuest(app)
    const order = await subject.givenOrder(app, guest)
    const lock = () => deps.db.$transaction((tx) => payableOf(deps, serviceType).lock(tx, order.orderSn))
    const tap = () => wxPay(deps, { orderSn: order.orderSn, serviceType, userId: guest.id })
    return { ...order, deps, guest, lock, tap }
  }

  async function givenPaid(app: TestApp) {
    const scene = await given(app)
    const params = await scene.tap()
    await payOnPhone(app, params)
    await whenPayment(scene.deps, params.paymentSn, 'SUCCESS')
    return { ...scene, paymentSn: params.paymentSn }
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

    test('offers nothing once its deadline has passed, and still waits to be closed', async ({ app }) => {
      const { lock, orderSn, tap } = await given(app)
      await subject.passDeadline(app, orderSn)
      expect(await lock()).toMatchObject({ waitsForPayment: true, offer: null })
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    })

    test('is paid by its payment, once, however often that is followed', async ({ app }) => {
      const { deps, paymentSn, lock, tap } = await givenPaid(app)
      await followPayment(deps, paymentSn)
      const first = await lock()
      await followPayment(deps, paymentSn)
      expect(first).toMatchObject({ waitsForPayment: false, paidBySn: paymentSn, offer: null })
      expect(await lock()).toEqual(first)
      expect(await deps.db.refund.count()).toBe(0)
      await expect(tap()).rejects.toMatchObject({ code: 'ORDER_ALREADY_PAID' })
    })

    test('leaves the money of a cancelled order to be refunded in full', async ({ app }) => {
      const { deps, lock, tap, orderSn, totalFen } = await given(app)
      const { paymentSn } = await tap()
      expect(await cancelUnpaid(deps, { serviceType, orderSn })).toBe('CANCELLED')
      expect(await lock()).toMatchObject({ waitsForPayment: false, offer: null })

      app.sandbox.payLate(paymentSn)
      await whenPayment(deps, paymentSn, 'SUCCESS')
      await followPayment(deps, paymentSn)
      await followPayment(deps, paymentSn)

      expect(await deps.db.refund.findMany()).toMatchObject([{ paymentSn, refundTotal: totalFen, cause: 'UNKEPT' }])
      await createRefunding(deps)()
      await whenPayment(deps, paymentSn, 'REFUNDED')
      await followPayment(deps, paymentSn)
      expect(await lock()).toMatchObject({ waitsForPayment: false, paidBySn: null })
    })

    test('follows a refund of all of its money', async ({ app }) => {
      const { deps, paymentSn, lock } = await givenPaid(app)
      await followPayment(deps, paymentSn)
      const paid = await lock()
      app.sandbox.refundByHand({ outTradeNo: paymentSn })
      await whenPayment(deps, paymentSn, 'REFUNDED')
      await followPayment(deps, paymentSn)
      const refunded = await lock()
      expect(refunded?.tradeState).not.toBe(paid?.tradeState)
      await followPayment(deps, paymentSn)
      expect(await lock()).toEqual(refunded)
      expect(await paymentOf(deps, paymentSn)).toMatchObject({ status: 'REFUNDED' })
    })
  })
}
