import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { COURSE_ENROLMENT, coursePayable } from '../../../examples/course/payable.ts'
import { findEnrolment } from '../../../examples/course/record.ts'
import type { User } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { expect, type TestApp } from '../../harness/app.ts'
import { givenGuest } from '../../harness/fixtures.ts'

export const PRICE_FEN = 9_900

/** The app's deps with courses among what can be paid, and a course `clay` of so many seats. */
export async function installCourse(app: TestApp, seats: number): Promise<Deps> {
  const client = new Client({ connectionString: app.databaseUrl })
  await client.connect()
  await client.query(await readFile('examples/course/migration.sql', 'utf8'))
  await client.query(`INSERT INTO course VALUES ('clay', '陶艺入门', ${PRICE_FEN}, '2030-03-01', '2030-04-12')`)
  await client.query(`INSERT INTO course_seat SELECT 'clay', generate_series(1, ${seats})`)
  await client.end()
  return { ...app.deps, payables: { ...app.deps.payables, [COURSE_ENROLMENT]: coursePayable } }
}

export async function givenTwoGuests(app: TestApp): Promise<[User, User]> {
  return [await givenGuest(app, 'o_first'), await givenGuest(app, 'o_second')]
}

/** Runs `calls` so that all of them wait for the course's lock before any goes on. */
export async function raceForCourse<Result>({ db }: Deps, calls: (() => Promise<Result>)[]) {
  const running = await db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM course WHERE id = 'clay' FOR UPDATE`
    const started = Promise.allSettled(calls.map((call) => call()))
    // Not through `tx`: inside a transaction pg_stat_activity does not change.
    await expect.poll(() => db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(calls.length)
    return { started }
  })
  return running.started
}

const WAITING_FOR_LOCK = `
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

export async function passDeadline({ db }: Pick<Deps, 'db'>, sn: string): Promise<void> {
  await db.$executeRaw`UPDATE course_enrolment SET "payBefore" = now() - interval '1 minute' WHERE sn = ${sn}`
}

/** The enrolment; it must be there. */
export async function enrolmentOf({ db }: Pick<Deps, 'db'>, userId: string, sn: string) {
  const enrolment = await findEnrolment(db, { sn, userId })
  expect(enrolment).toBeDefined()
  return enrolment
}
