import { type Payment, Prisma } from '../../prisma/client/client.ts'
import type { Tx } from '../../src/infra/database.ts'
import { enqueueMessages } from '../../src/notification/enqueue.ts'
import { lockBy, type Payable } from '../../src/payment/payable.ts'
import { judgeEnrolmentMessages } from './messages.ts'
import { lockEnrolment, moveEnrolment } from './record.ts'

export const COURSE_ENROLMENT = 'COURSE_ENROLMENT'

/** Enrolments in a course, as something that can be paid: all that payments and messages need to know of them. */
export const coursePayable: Payable = {
  lockQuery,
  lock: (tx, orderSn) => lockBy(tx, lockQuery(orderSn)),
  apply: applyPayment,
  cancel: async (tx, orderSn) => {
    const enrolment = await lockEnrolment(tx, orderSn)
    if (enrolment) await moveEnrolment(tx, enrolment, 'CANCELLED')
  },
  announceRefund: (tx, payment) => enqueueMessages(tx, [payment], ['REFUNDED']),
  judgeMessages: judgeEnrolmentMessages,
}

function lockQuery(orderSn: string): Prisma.Sql {
  return Prisma.sql`
    SELECT sn AS "orderSn", "userId", state::text AS "tradeState", "paidBySn", state = 'WAIT_PAY' AS "waitsForPayment",
      "priceFen" AS "totalFen", '课程报名-' || title AS description, "payBefore"
    FROM course_enrolment WHERE sn = ${orderSn} FOR UPDATE`
}

/**
 * Applies a payment: it enrols a waiting student; money for a cancelled or already paid enrolment is UNAPPLIED.
 */
async function applyPayment(tx: Tx, payment: Payment): Promise<'APPLIED' | 'UNAPPLIED'> {
  let enrolment = await lockEnrolment(tx, payment.orderSn)
  if (enrolment?.state === 'WAIT_PAY') enrolment = await moveEnrolment(tx, enrolment, 'ENROLLED', payment.sn)
  if (enrolment?.paidBySn !== payment.sn) return 'UNAPPLIED'
  if (payment.status === 'REFUNDED') {
    if (enrolment.state !== 'REFUNDED') await moveEnrolment(tx, enrolment, 'REFUNDED', payment.sn)
    await enqueueMessages(tx, [payment], ['REFUNDED'])
  } else if (!payment.heldAt) {
    await enqueueMessages(tx, [payment], ['ORDER_PAID'])
  }
  return 'APPLIED'
}
