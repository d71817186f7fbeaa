import type { Tx } from '../../src/infra/database.ts'
import { assertTransition } from '../../src/infra/transitions.ts'
import { type EnrolmentState, enrolmentTransitions } from './state.ts'

export interface Enrolment {
  sn: string
  courseId: string
  userId: string
  seat: number
  state: EnrolmentState
  /** As it was sold. */
  title: string
  priceFen: number
  payBefore: Date
  paidBySn: string | null
  /** False from the deadline on, by the database's clock. */
  inTime: boolean
}

/** An enrolment of this guest's, as it is. */
export async function findEnrolment(
  db: Pick<Tx, '$queryRaw'>,
  { sn, userId }: { sn: string; userId: string },
): Promise<Enrolment | undefined> {
  const [enrolment] = await db.$queryRaw<Enrolment[]>`
    SELECT *, state::text, clock_timestamp() < "payBefore" AS "inTime"
    FROM course_enrolment WHERE sn = ${sn} AND "userId" = ${userId}`
  return enrolment
}

/** The enrolment, locked until `tx` ends. */
export async function lockEnrolment(tx: Tx, sn: string): Promise<Enrolment | undefined> {
  const [enrolment] = await tx.$queryRaw<Enrolment[]>`
    SELECT *, state::text, clock_timestamp() < "payBefore" AS "inTime"
    FROM course_enrolment WHERE sn = ${sn} FOR UPDATE`
  return enrolment
}

/** @throws {IllegalTransitionError} when the state table forbids it. */
export async function moveEnrolment(
  tx: Tx,
  from: Enrolment,
  to: EnrolmentState,
  paidBySn: string | null = null,
): Promise<Enrolment> {
  assertTransition(enrolmentTransitions, `enrolment ${from.sn}`, from.state, to)
  await tx.$executeRaw`
    UPDATE course_enrolment SET state = ${to}::course_enrolment_state, "paidBySn" = ${paidBySn} WHERE sn = ${from.sn}`
  return { ...from, state: to, paidBySn }
}
