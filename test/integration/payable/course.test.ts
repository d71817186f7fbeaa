import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { COURSE_ENROLMENT, coursePayable } from '../../../examples/course/payable.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { describePayable } from '../../harness/payable-contract.ts'
import { givenGuest } from '../../harness/scene.ts'

const PRICE_FEN = 9_900

async function install(app: TestApp, seats = 2) {
  const client = new Client({ connectionString: app.databaseUrl })
  await client.connect()
  await client.query(await readFile('examples/course/migration.sql', 'utf8'))
  await client.query(
    `INSERT INTO course (id, title, "priceFen", seats) VALUES ('clay', '陶艺入门', ${PRICE_FEN}, ${seats})`,
  )
  await client.end()
  return { ...app.deps, payables: { ...app.deps.payables, [COURSE_ENROLMENT]: coursePayable } }
}

async function enrol({ deps }: TestApp, userId: string, sn: string): Promise<string> {
  await deps.db.$executeRaw`
    INSERT INTO course_enrolment (sn, "courseId", "userId", title, "priceFen", "payBefore")
    SELECT ${sn}, id, ${userId}, title, "priceFen", now() + interval '30 minutes' FROM course WHERE id = 'clay'`
  return sn
}

describePayable('a course enrolment', {
  serviceType: COURSE_ENROLMENT,
  install: (app) => install(app),
  givenOrder: async (app, guest) => ({
    orderSn: await enrol(app, guest.id, `CE-${guest.nickname}`),
    totalFen: PRICE_FEN,
  }),
  passDeadline: async (app, sn) => {
    await app.deps.db
      .$executeRaw`UPDATE course_enrolment SET "payBefore" = now() - interval '1 minute' WHERE sn = ${sn}`
  },
})

describe('a course with one seat', () => {
  test('takes one enrolment, however many come at once', async ({ app }) => {
    await install(app, 1)
    const guest = await givenGuest(app)
    const ends = await Promise.allSettled(['CE1', 'CE2', 'CE3'].map((sn) => enrol(app, guest.id, sn)))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
