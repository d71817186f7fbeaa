import type { Tx } from '../../src/infra/database.ts'
import type { DueMessage, MessageVerdict } from '../../src/payment/payable.ts'
import type { EnrolmentState } from './state.ts'

/** A course's first and last day begin and end at these times. */
const FIRST_LESSON = '09:30'
const LAST_LESSON = '17:00'

interface EnrolmentMessage {
  sn: string
  state: EnrolmentState
  /** As it was sold. */
  title: string
  /** The course's days as they are now, should they have been moved. */
  startsOn: Date
  endsOn: Date
}

/** What messages about enrolments say, in the order of their templates' keys, or why they aren't sent. */
export async function judgeEnrolmentMessages(db: Tx, messages: DueMessage[]): Promise<MessageVerdict[]> {
  const sns = messages.map(({ payment }) => payment.orderSn)
  const enrolments = await db.$queryRaw<EnrolmentMessage[]>`
    SELECT e.sn, e.state::text, e.title, c."startsOn", c."endsOn"
    FROM course_enrolment e JOIN course c ON c.id = e."courseId" WHERE e.sn = ANY(${sns}::text[])`
  return messages.map((message) => {
    const enrolment = enrolments.find(({ sn }) => sn === message.payment.orderSn)
    if (!enrolment) throw new Error(`enrolment ${message.payment.orderSn} vanished`)
    return judge(enrolment, message)
  })
}

function judge({ state, title, startsOn, endsOn }: EnrolmentMessage, { kind, payment }: DueMessage): MessageVerdict {
  switch (kind) {
    case 'ORDER_PAID': {
      if (state !== 'ENROLLED') return { verdict: 'DROP', reason: `the enrolment is ${state}` }
      // All of the money may go back, and the seat with it.
      if (payment.heldAt || payment.status === 'REFUNDING') return { verdict: 'WAIT' }
      const paid = { totalFen: payment.payerTotal ?? payment.payTotal }
      const first = { day: startsOn, timeOfDay: FIRST_LESSON }
      const last = { day: endsOn, timeOfDay: LAST_LESSON }
      return { verdict: 'SEND', values: [payment.orderSn, title, paid, first, last] }
    }
    case 'REFUNDED':
      return { verdict: 'SEND', values: [payment.orderSn, title, { totalFen: payment.refundedTotal }] }
    case 'CHECK_IN':
      return { verdict: 'DROP', reason: 'a course has no check-in' }
  }
}
