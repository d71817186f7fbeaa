import type { Payment, Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import type { Tx } from '../../infra/database.ts'
import { tracing } from '../../infra/tracing.ts'
import { type Change, changePayment } from '../change-payment.ts'
import { type OrderKey, payableOf } from '../payable.ts'
import { lockPayment } from '../record.ts'
import { cancelRefunded, isRefundDecided } from '../refund/decided.ts'
import { recordDeferredRefunds } from '../refund/deferred.ts'
import { openRefund } from '../refund/open.ts'
import { measureApplyLag } from './apply-lag.ts'

/** The span of a payment's application to its order. */
export const APPLY = { name: 'apply' }

/**
 * Applies a payment to its order: makes the order match the payment as it is now. Level-triggered, as a controller
 * reconciles in Kubernetes, so it may be called late, repeatedly, at once, or after a change that was applied before.
 * Money that the order doesn't take is unapplied, and refunded in full by the same transaction.
 */
export async function applyToOrder(deps: Deps, { paymentSn }: { paymentSn: string }): Promise<void> {
  // First: a refund that was reported while the payment was under review must count before the order becomes usable.
  await recordDeferredRefunds(deps, { paymentSn })
  const found = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  await (tracing ? tracing.of(found, APPLY, () => apply(deps, found)) : apply(deps, found))
}

async function apply(deps: Deps, { sn: paymentSn, serviceType, orderSn }: Payment): Promise<void> {
  const payable = payableOf(deps, serviceType)
  const applied = await changePayment(deps, async (change) => {
    const { tx } = change
    const order = await payable.lock(tx, orderSn)
    const payment = await lockPayment(tx, paymentSn)
    if (!payment) throw new Error(`payment ${paymentSn} vanished`)
    const isWaiting = order?.waitsForPayment === true
    // An order that waits for another attempt's money would take this one's.
    const isWithheld = isWaiting && (await isRefundDecided(tx, payment))
    if (payment.paidAt && !isWithheld && (await payable.apply(tx, payment)) === 'APPLIED') {
      await recheckOtherAttempts(tx, payment)
    } else {
      if (payment.paidAt) await refundUnapplied(deps, change, payment)
      if (isWaiting) await cancelRefunded(deps, tx, { serviceType, orderSn })
    }
    await tx.payment.update({ where: { sn: paymentSn }, data: { appliedVersion: payment.version } })
    return payment
  })
  if (applied.version > applied.appliedVersion) measureApplyLag(deps.metrics, applied)
}

/** Applies every payment of an order whose application is due. */
export async function applyDue(deps: Deps, order: OrderKey): Promise<void> {
  const due = await deps.db.payment.findMany({
    where: { ...order, ...isApplyDue(deps.db) },
    orderBy: [{ paidAt: 'asc' }, { sn: 'asc' }],
  })
  for (const { sn } of due) await applyToOrder(deps, { paymentSn: sn })
}

/** Prisma's condition for a paid payment that has changed since it was last applied to its order. */
function isApplyDue({ payment }: Pick<Tx, 'payment'>): Prisma.PaymentWhereInput {
  return { paidAt: { not: null }, version: { gt: payment.fields.appliedVersion } }
}

/**
 * Opens a refund of all that is left of an unapplied payment; once all of it is refunded, enqueues the message about
 * it.
 */
async function refundUnapplied(deps: Deps, change: Change, payment: Payment): Promise<void> {
  if (payment.status === 'REFUNDED') {
    await payableOf(deps, payment.serviceType).announceRefund(change.tx, payment)
    return
  }
  // On hold: WeChat has made a refund that we don't know yet, and would refuse one of the full amount.
  if (payment.heldAt) return
  await openRefund(deps, change, { payment, cause: 'UNAPPLIED', reason: '退还订单款项' })
}

/**
 * The order's other attempts are orphaned, and may still be payable at WeChat: the recheck loop closes them at once. One that
 * somebody else has locked keeps its next recheck, which closes it as well: to wait for it, with this payment locked, might
 * be a deadlock.
 */
async function recheckOtherAttempts(tx: Tx, { sn, serviceType, orderSn }: Payment): Promise<void> {
  await tx.$executeRaw`
    UPDATE payment SET "nextRecheckAt" = now() WHERE sn = ANY(ARRAY(
      SELECT sn FROM payment
      WHERE "orderSn" = ${orderSn} AND "serviceType" = ${serviceType} AND status = 'PENDING' AND sn <> ${sn}
      FOR UPDATE SKIP LOCKED))`
}
