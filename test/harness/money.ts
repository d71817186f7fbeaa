import type { RefundEnd } from '@looklook-pay/sandbox'
import type { Refund } from '../../prisma/client/client.ts'
import type { Deps } from '../../src/deps.ts'
import { cancelHomestayOrder } from '../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { expect, type TestApp } from './app.ts'
import { givenPaid, givenTapped, type Tapped, whenPayment } from './fixtures.ts'

/** From here on every notice is lost: the app gets reports only by queries, or by a notice that the test sends. */
export function loseNotices({ sandbox }: TestApp): void {
  sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' }, { endpoint: 'refund-notice', kind: 'lost' })
}

/** An order that its guest cancelled; its attempt is closed, at WeChat too. */
export async function givenCancelled(app: TestApp): Promise<Tapped> {
  const tapped = await givenTapped(app)
  await cancelHomestayOrder(app.deps, { userId: tapped.guest.id, sn: tapped.order.sn })
  return tapped
}

/** A paid order whose guest requested a refund that WeChat hasn't received yet. */
export async function givenRequestedRefund(app: TestApp, reason?: string): Promise<Tapped & { refund: Refund }> {
  const paid = await givenPaid(app)
  await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn, reason })
  return { ...paid, refund: await newestRefund(app.deps, paid.payment.sn) }
}

/** Money that came for a cancelled order, and its refund, which WeChat hasn't received yet. */
export async function givenUnapplied(app: TestApp): Promise<Tapped & { refund: Refund }> {
  const cancelled = await givenCancelled(app)
  app.sandbox.payLate(cancelled.payment.sn)
  await whenPayment(app.deps, cancelled.payment.sn, 'SUCCESS')
  await applyToOrder(app.deps, { paymentSn: cancelled.payment.sn })
  return { ...cancelled, refund: await newestRefund(app.deps, cancelled.payment.sn) }
}

export function refundsOf({ db }: Deps, paymentSn: string): Promise<Refund[]> {
  return db.refund.findMany({ where: { paymentSn }, orderBy: { createdAt: 'asc' } })
}

export async function newestRefund(deps: Deps, paymentSn: string): Promise<Refund> {
  const refund = (await refundsOf(deps, paymentSn)).at(-1)
  if (!refund) throw new Error(`payment ${paymentSn} has no refund`)
  return refund
}

/** Cause, status and amount of each refund of a payment, oldest first. */
export async function summaryOf(deps: Deps, paymentSn: string): Promise<string[]> {
  const refunds = await refundsOf(deps, paymentSn)
  return refunds.map(({ cause, status, refundTotal }) => `${cause} ${status} ${refundTotal}`)
}

/** A manual refund that has succeeded at WeChat; the test sends its notice itself. @returns its number. */
export async function refundManually(app: TestApp, outTradeNo: string, refundFen?: number): Promise<string> {
  loseNotices(app)
  const { outRefundNo } = app.sandbox.refundManually({ outTradeNo, ...(refundFen ? { refundFen } : {}) })
  await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('SUCCESS')
  return outRefundNo
}

/** Makes every live refund due, and runs the refund loop once. */
export async function runRefunds(deps: Deps): Promise<void> {
  await deps.db
    .$executeRaw`UPDATE refund SET "nextAdvanceAt" = now() - interval '1 s' WHERE "nextAdvanceAt" IS NOT NULL`
  await createRefundLoop(deps)()
}

/** Ends a refund at WeChat, sends its notice, and waits until it is recorded. */
export async function endRefund({ deps, sandbox }: TestApp, outRefundNo: string, end: RefundEnd): Promise<void> {
  sandbox.endRefund(outRefundNo, end)
  await sandbox.sendNotice(outRefundNo)
  await expect.poll(async () => (await deps.db.refund.findUnique({ where: { outRefundNo } }))?.status).toBe(end)
}

/** The events of a payment, oldest first: the status that each led to, and its source. */
export async function eventsOf({ db }: Deps, paymentSn: string): Promise<string[]> {
  const events = await db.paymentEvent.findMany({ where: { paymentSn }, orderBy: { version: 'asc' } })
  return events.map(({ toStatus, source }) => `${toStatus} by ${source}`)
}
