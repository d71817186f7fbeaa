import type { User } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Deps } from '../../src/deps.ts'
import { cancelUnpaid, closeAttempt } from '../../src/payment/attempt/close.ts'
import { wxPay } from '../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import type { TestApp } from './app.ts'
import { acceptMessages, givenGuest, paymentOf, payOnPhone, whenPayment } from './fixtures.ts'

/** What the contract needs to know of a kind of thing that can be paid. */
export interface PayableSubject {
  serviceType: string
  /** The messages that the guest of a paid order gets. */
  paidMessages: MessageKind[]
  /** The app's deps, with this kind among its payables and its tables in the database. */
  install(app: TestApp): Promise<Deps>
  /** A new order of this guest that waits for payment. */
  givenOrder(app: TestApp, guest: User): Promise<{ orderSn: string; totalFen: number }>
  /** Lets the order's deadline pass. */
  passDeadline(app: TestApp, orderSn: string): Promise<void>
}

/** Orders of one kind in the states that the contract starts from. */
export function payableFixtures(subject: PayableSubject) {
  const { serviceType } = subject

  /** An order that waits for payment; a second one where `installed` are the deps of the first. */
  async function given(app: TestApp, installed?: Deps) {
    const deps = installed ?? (await subject.install(app))
    const guest = await givenGuest(app, installed ? 'o_second_guest' : 'o_guest')
    acceptMessages(app, guest.nickname)
    const order = await subject.givenOrder(app, guest)
    const lock = () => deps.db.$transaction((tx) => payableOf(deps, serviceType).lock(tx, order.orderSn))
    const tap = () => wxPay(deps, { orderSn: order.orderSn, serviceType, userId: guest.id })
    return { ...order, deps, guest, lock, tap }
  }

  /** Its payment is settled; nobody has applied it. */
  async function givenPaid(app: TestApp, installed?: Deps) {
    const order = await given(app, installed)
    const params = await order.tap()
    await payOnPhone(app, params)
    await whenPayment(order.deps, params.paymentSn, 'SUCCESS')
    return { ...order, paymentSn: params.paymentSn }
  }

  /** Cancelled; after that, its money came, and nobody has applied it. */
  async function givenPaidLate(app: TestApp, installed?: Deps) {
    const order = await given(app, installed)
    const { paymentSn } = await order.tap()
    const end = await cancelUnpaid(order.deps, { serviceType, orderSn: order.orderSn })
    const cancelled = await order.lock()
    app.sandbox.payLate(paymentSn)
    await whenPayment(order.deps, paymentSn, 'SUCCESS')
    return { ...order, paymentSn, end, cancelled }
  }

  /** Paid by its second attempt, which is applied; after that, the first one's money came, and nobody has applied it. */
  async function givenPaidTwice(app: TestApp) {
    const order = await given(app)
    const { paymentSn: lateSn } = await order.tap()
    await closeAttempt(order.deps, await paymentOf(order.deps, lateSn))
    const params = await order.tap()
    await payOnPhone(app, params)
    await whenPayment(order.deps, params.paymentSn, 'SUCCESS')
    await applyToOrder(order.deps, { paymentSn: params.paymentSn })
    const paid = await order.lock()
    app.sandbox.payLate(lateSn)
    await whenPayment(order.deps, lateSn, 'SUCCESS')
    return { ...order, paymentSn: params.paymentSn, lateSn, paid }
  }

  return { given, givenPaid, givenPaidLate, givenPaidTwice }
}

/** Runs the refund that an unapplied payment has open to its end, and applies that. */
export async function finishRefund(deps: Deps, paymentSn: string): Promise<void> {
  await createRefundLoop(deps)()
  await whenPayment(deps, paymentSn, 'REFUNDED')
  await applyToOrder(deps, { paymentSn })
}
