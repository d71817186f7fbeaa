import type { Deps } from '../../src/deps.ts'
import { NotFoundError } from '../../src/errors.ts'
import type { Tx } from '../../src/infra/database.ts'
import { randomCharacters } from '../../src/infra/numbers.ts'
import { CourseFullError } from './errors.ts'
import { courseTexts } from './texts.ts'

/**
 * Takes a seat for a guest: an enrolment in WAIT_PAY that holds it, at today's price. Safe to call any number of times, at
 * once: a guest who has a seat already gets that enrolment.
 *
 * @throws {NotFoundError} when there is no such course.
 * @throws {CourseFullError} when every seat is held.
 */
export async function enrol(
  deps: Deps,
  { userId, courseId }: { userId: string; courseId: string },
): Promise<{ sn: string }> {
  return deps.db.$transaction(async (tx) => {
    const course = await lockCourse(tx, courseId)
    if (!course) throw new NotFoundError(courseTexts.course)
    const [earlier] = await tx.$queryRaw<{ sn: string }[]>`
      SELECT sn FROM course_enrolment
      WHERE "courseId" = ${courseId} AND "userId" = ${userId} AND state IN ('WAIT_PAY', 'ENROLLED')`
    if (earlier) return earlier
    const seat = await findFreeSeat(tx, courseId)
    if (seat === undefined) throw new CourseFullError()
    const sn = `CE${randomCharacters(20)}`
    await tx.$executeRaw`
      INSERT INTO course_enrolment (sn, "courseId", seat, "userId", title, "priceFen", "payBefore")
      VALUES (${sn}, ${courseId}, ${seat}, ${userId}, ${course.title}, ${course.priceFen},
        clock_timestamp() + make_interval(secs => ${deps.config.order.paySeconds}))`
    return { sn }
  })
}

/** Serializes enrolments of one course, so that no two get the same seat. */
async function lockCourse(tx: Tx, courseId: string): Promise<{ title: string; priceFen: number } | undefined> {
  const [course] = await tx.$queryRaw<{ title: string; priceFen: number }[]>`
    SELECT title, "priceFen" FROM course WHERE id = ${courseId} FOR NO KEY UPDATE`
  return course
}

async function findFreeSeat(tx: Tx, courseId: string): Promise<number | undefined> {
  const [free] = await tx.$queryRaw<{ seat: number }[]>`
    SELECT s.seat FROM course_seat s
    WHERE s."courseId" = ${courseId} AND NOT EXISTS (
      SELECT 1 FROM course_enrolment e
      WHERE e."courseId" = s."courseId" AND e.seat = s.seat AND e.state IN ('WAIT_PAY', 'ENROLLED'))
    ORDER BY s.seat LIMIT 1`
  return free?.seat
}
