import type { Payment } from '../../prisma/client/client.ts'
import type { Transaction } from '../../src/infra/database.ts'
import { assertTransition } from '../../src/infra/transitions.ts'
import type { Payable } from '../../src/payment/payable.ts'
import { type EnrolmentState, enrolmentTransitions } from './state.ts'

export const COURSE_ENROLMENT = 'COURSE_ENROLMENT'

interface Enrolment {
  sn: string
  userId: string
  state: EnrolmentState
  title: string
  priceFen: number
  payBefore: Date
  paidBySn: string | null
  inTime: boolean
}

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
  follow: followPayment,
  cancel: async (tx, orderSn) => {
    const enrolment = await lockEnrolment(tx, orderSn)
    if (enrolment) await moveEnrolment(tx, enrolment, 'CANCELLED')
  },
  // A course has no message template of its own; its guest sees the refund in WeChat.
  tellRefunded: async () => {},
}

/** A paid enrolment is kept; one that was cancelled meanwhile, or paid twice, leaves its money to be refunded. */
async function followPayment(tx: Transaction, payment: Payment): Promise<'KEPT' | 'UNKEPT'> {
  const enrolment = await lockEnrolment(tx, payment.orderSn)
  if (enrolment?.state === 'WAIT_PAY') {
    await moveEnrolment(tx, enrolment, 'ENROLLED', payment.sn)
    return followPayment(tx, payment)
  }
  if (enrolment?.paidBySn !== payment.sn) return 'UNKEPT'
  if (payment.status === 'REFUNDED') await moveEnrolment(tx, enrolment, 'REFUNDED', payment.sn)
  return 'KEPT'
}

async function lockEnrolment(tx: Transaction, sn: string): Promise<Enrolment | undefined> {
  const [enrolment] = await tx.$queryRaw<Enrolment[]>`
    SELECT sn, "userId", state::text, title, "priceFen", "payBefore", "paidBySn", clock_timestamp() < "payBefore" AS "inTime"
    FROM course_enrolment WHERE sn = ${sn} FOR UPDATE`
  return enrolment
}

async function moveEnrolment(tx: Transaction, from: Enrolment, to: EnrolmentState, paidBySn: string | null = null) {
  assertTransition(enrolmentTransitions, `enrolment ${from.sn}`, from.state, to)
  await tx.$executeRaw`
    UPDATE course_enrolment SET state = ${to}::course_enrolment_state, "paidBySn" = ${paidBySn} WHERE sn = ${from.sn}`
}
