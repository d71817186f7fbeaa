import type { Payment, Prisma } from '../../prisma/client/client.ts'
import type { EventSource } from '../../prisma/client/enums.ts'
import type { Transaction } from '../infra/database.ts'
import { assertTransition } from '../infra/transitions.ts'
import { LIVE_REFUNDS, paymentTransitions, statusOf } from './state.ts'

/** The payment, locked until `tx` ends: nobody can move it between our read and our write. Null when there is none. */
export async function lockPayment(tx: Transaction, paymentSn: string): Promise<Payment | null> {
  await tx.$queryRaw`SELECT 1 FROM payment WHERE sn = ${paymentSn} FOR UPDATE`
  return tx.payment.findUnique({ where: { sn: paymentSn } })
}

/**
 * Changes a locked payment: writes `change`, the status that follows from its facts, the next version and the event,
 * and has the change followed. Refunds must be written before.
 *
 * @throws {IllegalTransitionError} when the state table forbids it.
 */
export async function recordChange(
  tx: Transaction,
  payment: Payment,
  change: Prisma.PaymentUncheckedUpdateInput & Partial<Pick<Payment, 'closedAt' | 'refundedTotal'>>,
  event: { source: EventSource; detail: Prisma.InputJsonValue },
): Promise<Payment> {
  const liveRefunds = await tx.refund.count({ where: { paymentSn: payment.sn, status: { in: LIVE_REFUNDS } } })
  const status = statusOf({
    paidTotal: payment.paidTotal,
    closedAt: change.closedAt === undefined ? payment.closedAt : change.closedAt,
    refundedTotal: change.refundedTotal ?? payment.refundedTotal,
    liveRefunds,
  })
  assertTransition(paymentTransitions, `payment ${payment.sn}`, payment.status, status)
  const version = payment.version + 1
  await tx.paymentEvent.create({
    data: { paymentSn: payment.sn, version, fromStatus: payment.status, toStatus: status, ...event },
  })
  return tx.payment.update({ where: { sn: payment.sn }, data: { ...change, status, version } })
}
