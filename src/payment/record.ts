import type { Payment, Prisma } from '../../prisma/client/client.ts'
import type { EventSource } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { assertTransition } from '../infra/transitions.ts'
import type { Change } from './change-payment.ts'
import { eventRow } from './event.ts'
import { LIVE_REFUNDS, paymentTransitions, statusOf } from './state.ts'

/** The payment, locked until `tx` ends: nobody can move it between our read and our write. Null when there is none. */
export async function lockPayment(tx: Tx, paymentSn: string): Promise<Payment | null> {
  await tx.$queryRaw`SELECT 1 FROM payment WHERE sn = ${paymentSn} FOR UPDATE`
  return tx.payment.findUnique({ where: { sn: paymentSn } })
}

/**
 * Changes a locked payment: writes `facts`, the status that follows from them, the next version and its event. The
 * outbox relay then has it applied to its order. Write refunds before: the status depends on them.
 *
 * @returns the payment as changed.
 * @throws {IllegalTransitionError} when the state table forbids it.
 */
export async function recordChange(
  { tx, changed }: Change,
  payment: Payment,
  facts: Prisma.PaymentUncheckedUpdateInput & Partial<Pick<Payment, 'closedAt' | 'refundedTotal'>>,
  event: { source: EventSource; detail: Prisma.InputJsonValue },
): Promise<Payment> {
  const liveRefunds = await tx.refund.count({ where: { paymentSn: payment.sn, status: { in: LIVE_REFUNDS } } })
  const status = statusOf({
    paidTotal: payment.paidTotal,
    closedAt: facts.closedAt === undefined ? payment.closedAt : facts.closedAt,
    refundedTotal: facts.refundedTotal ?? payment.refundedTotal,
    liveRefunds,
  })
  assertTransition(paymentTransitions, `payment ${payment.sn}`, payment.status, status)
  const version = payment.version + 1
  const current = await tx.payment.update({ where: { sn: payment.sn }, data: { ...facts, status, version } })
  await tx.paymentEvent.create({ data: { ...eventRow(current, payment.status), ...event } })
  changed(current, { from: payment.status, source: event.source })
  return current
}
