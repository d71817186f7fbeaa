import type { Deps } from '../../src/deps.ts'
import { cancelUnpaid } from '../../src/payment/attempt/close.ts'
import { COURSE_ENROLMENT } from './payable.ts'

const BATCH = 10

/**
 * Cancels enrolments whose time to pay is over; each seat is free in the commit that cancels. One that turns out paid is
 * left to the workers, which apply its payment; one that WeChat gives no answer for is tried again in a minute.
 *
 * @returns true when there may be more.
 */
export async function closeUnpaidEnrolments(deps: Deps): Promise<boolean> {
  // Claimed by setting the next time first: a crash delays them, and several workers share them.
  const due = await deps.db.$queryRaw<{ sn: string }[]>`
    UPDATE course_enrolment SET "nextCloseAt" = now() + interval '1 minute' WHERE sn IN (
      SELECT sn FROM course_enrolment
      WHERE state = 'WAIT_PAY' AND COALESCE("nextCloseAt", "payBefore") <= now()
      ORDER BY COALESCE("nextCloseAt", "payBefore") LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    RETURNING sn`
  for (const { sn } of due) {
    try {
      await cancelUnpaid(deps, { serviceType: COURSE_ENROLMENT, orderSn: sn })
    } catch (error) {
      // One that can't be closed must not keep the others open.
      deps.log.warn({ err: error, orderSn: sn }, 'enrolment not closed after its deadline; it is tried again')
    }
  }
  return due.length >= BATCH
}
