import type { Deps } from '../../src/deps.ts'
import { defineJob, listenerRetries } from '../../src/jobs.ts'
import { EventRef, type EventType, type PaymentEvent } from '../../src/payment/event.ts'
import type { Listener } from '../../src/payment/outbox/listen.ts'
import { COURSE_ENROLMENT } from './payable.ts'

/** A payment of anything has changed; the teachers' list of seats hears of it. */
const courseSeatChanged = defineJob({ name: 'course-seat-changed', payload: EventRef, ...listenerRetries })

const CHANGES: Partial<Record<EventType, 'PAID' | 'FREED'>> = {
  'payment.succeeded': 'PAID',
  'payment.refunded': 'FREED',
}

/**
 * Keeps the list of which seats were paid and freed, and when, for the teachers. An event that comes twice is in it once, and
 * events may come in any order: each row stands for itself.
 */
async function recordSeatChange({ db }: Deps, event: PaymentEvent): Promise<void> {
  const change = CHANGES[event.type]
  if (event.serviceType !== COURSE_ENROLMENT || !change) return
  await db.$executeRaw`
    INSERT INTO course_seat_change ("paymentSn", version, "courseId", seat, change, at)
    SELECT ${event.paymentSn}, ${event.version}, "courseId", seat, ${change}, ${new Date(event.time)}
    FROM course_enrolment WHERE sn = ${event.orderSn}
    ON CONFLICT ("paymentSn", version) DO NOTHING`
}

export const courseSeats: Listener = { job: courseSeatChanged, hear: recordSeatChange }
