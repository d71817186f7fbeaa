import type { Payment } from '../../prisma/client/client.ts'
import type { Tx } from '../../src/infra/database.ts'
import type { Payable } from '../../src/payment/payable.ts'
import { lockEnrolment, moveEnrolment } from './record.ts'

export const COURSE_ENROLMENT = 'COURSE_ENROLMENT'

/** Enrolments in a course, as something that can be paid: all that payments need to know of them. */
export const coursePayable: Payable = {
  lock: async (tx, orderSn) => {
    const enrolment = await lockEnrolment(tx, orderSn)
    if (!enrolment) return null
    const { userId, state: tradeState, paidBySn, priceFen: totalFen, payBefore } = enrolment
    const waitsForPayment = tradeState === 'WAIT_PAY'
    const offer =
      waitsForPayment && enrolment.inTime ? { totalFen, description: `课程报名-${enrolment.title}`, payBefore } : null
    return { userId, tradeState, paidBySn, waitsForPayment, offer }
  },
  apply: applyToOrder,
  cancel: async (tx, orderSn) => {
    const enrolment = await lockEnrolment(tx, orderSn)
    if (enrolment) await moveEnrolment(tx, enrolment, 'CANCELLED')
  },
  // A course has no message template of its own; its guest sees the refund in WeChat.
  announceRefund: async () => {},
}

/** A paid enrolment is kept; one that was cancelled meanwhile, or paid twice, leaves its money to be refunded. */
async function applyToOrder(tx: Tx, payment: Payment): Promise<'APPLIED' | 'UNAPPLIED'> {
  let enrolment = await lockEnrolment(tx, payment.orderSn)
  if (enrolment?.state === 'WAIT_PAY') enrolment = await moveEnrolment(tx, enrolment, 'ENROLLED', payment.sn)
  if (enrolment?.paidBySn !== payment.sn) return 'UNAPPLIED'
  if (payment.status === 'REFUNDED' && enrolment.state !== 'REFUNDED')
    await moveEnrolment(tx, enrolment, 'REFUNDED', payment.sn)
  return 'APPLIED'
}
