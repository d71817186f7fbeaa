import type { Payment } from '../../prisma/client/client.ts'
import type { Tx } from '../../src/infra/database.ts'
import type { Queue } from '../../src/infra/queue.ts'
import { enqueueMessages } from '../../src/notification/enqueue.ts'
import type { Payable } from '../../src/payment/payable.ts'
import { judgeEnrolmentMessages } from './messages.ts'
import { lockEnrolment, moveEnrolment } from './record.ts'

export const COURSE_ENROLMENT = 'COURSE_ENROLMENT'

/** Enrolments in a course, as something that can be paid: all that payments and messages need to know of them. */
export function coursePayable(queue: Queue): Payable {
  return {
    lock: async (tx, orderSn) => {
      const enrolment = await lockEnrolment(tx, orderSn)
      if (!enrolment) return null
      const { userId, state: tradeState, paidBySn, priceFen: totalFen, payBefore } = enrolment
      const waitsForPayment = tradeState === 'WAIT_PAY'
      const offer =
        waitsForPayment && enrolment.inTime ? { totalFen, description: `课程报名-${enrolment.title}`, payBefore } : null
      return { userId, tradeState, paidBySn, waitsForPayment, offer }
    },
    apply: (tx, payment) => applyPayment(queue, tx, payment),
    cancel: async (tx, orderSn) => {
      const enrolment = await lockEnrolment(tx, orderSn)
      if (enrolment) await moveEnrolment(tx, enrolment, 'CANCELLED')
    },
    announceRefund: (tx, payment) => enqueueMessages(queue, tx, [payment], ['REFUNDED']),
    judgeMessages: judgeEnrolmentMessages,
  }
}

/**
 * Applies a payment: it enrols a waiting student; money for a cancelled or already paid enrolment is UNAPPLIED.
 */
async function applyPayment(queue: Queue, tx: Tx, payment: Payment): Promise<'APPLIED' | 'UNAPPLIED'> {
  let enrolment = await lockEnrolment(tx, payment.orderSn)
  if (enrolment?.state === 'WAIT_PAY') enrolment = await moveEnrolment(tx, enrolment, 'ENROLLED', payment.sn)
  if (enrolment?.paidBySn !== payment.sn) return 'UNAPPLIED'
  if (payment.status === 'REFUNDED') {
    if (enrolment.state !== 'REFUNDED') await moveEnrolment(tx, enrolment, 'REFUNDED', payment.sn)
    await enqueueMessages(queue, tx, [payment], ['REFUNDED'])
  } else if (!payment.heldAt) {
    await enqueueMessages(queue, tx, [payment], ['ORDER_PAID'])
  }
  return 'APPLIED'
}
