import { inject } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { describe, expect, test } from '../harness/app.ts'
import { cloneDatabase } from '../harness/database.ts'
import { confirm, type Deployment, deploy, purchase, whenOrderIs } from '../harness/deployment.ts'
import { examineIn } from '../harness/doctor.ts'
import { hasPgbouncer, throughPgbouncer } from '../harness/pgbouncer.ts'
import { commands, run } from '../harness/processes.ts'

const HOMESTAY = 'demo-homestay-01'
const REMEDY = /pooler in transaction mode answers: set DATABASE_PREPARED_STATEMENTS=false, and DATABASE_DIRECT_URL/

describe.skipIf(!hasPgbouncer || !inject('redisUrl'))('PgBouncer in transaction mode', () => {
  test('serves API and worker with DATABASE_DIRECT_URL and without prepared statements', async ({ onTestFinished }) => {
    const database = await cloneDatabase()
    onTestFinished(() => database.drop())
    const deployment = await deploy({
      DATABASE_URL: await throughPgbouncer(database.url),
      DATABASE_DIRECT_URL: database.url,
      DATABASE_PREPARED_STATEMENTS: 'false',
    })
    await insertHomestays(database.url)
    const api = await deployment.startApi()
    await deployment.startWorker()

    const guests = await Promise.all([1, 2, 3, 4].map((day) => purchase(api.url, `pooled-${day}`, HOMESTAY, 10 + day)))
    await Promise.all(guests.map((guest) => confirm(deployment.sandbox, guest)))

    for (const guest of guests) {
      await whenOrderIs('WAIT_USE', api.url, guest)
    }
    expect(failuresIn(deployment)).toEqual([])
  })

  test('is recognised at the start without its settings, by process and migration', async ({ onTestFinished }) => {
    const database = await cloneDatabase()
    onTestFinished(() => database.drop())
    const pooled = await throughPgbouncer(database.url)
    const deployment = await deploy({ DATABASE_URL: pooled })

    const env = { ...deployment.settings, PORT: '0' }
    const unaware = run(commands.api, { env })
    const without = run(commands.worker, { env: { ...env, DATABASE_PREPARED_STATEMENTS: 'false' } })
    const migration = run(commands.migrate, { env: { DATABASE_URL: pooled } })

    await Promise.all([unaware.says(REMEDY), without.says(REMEDY), migration.says(REMEDY)])
    expect(await migration.ended).toEqual({ code: 1, signal: null })
  })

  test('is recognised by the migration where it drops the settings of sessions', async ({ onTestFinished }) => {
    const database = await cloneDatabase()
    onTestFinished(() => database.drop())
    const pooled = await throughPgbouncer(database.url, ['ignore_startup_parameters = options'])

    const migration = run(commands.migrate, { env: { DATABASE_URL: pooled } })

    expect(await migration.ended).toEqual({ code: 1, signal: null })
    expect(migration.output()).toMatch(REMEDY)
  })

  test('is recognised by the doctor, with and without the settings', async ({ onTestFinished }) => {
    const database = await cloneDatabase()
    onTestFinished(() => database.drop())
    const pooled = await throughPgbouncer(database.url)
    const swallowing = await throughPgbouncer(database.url, ['ignore_startup_parameters = options'])
    const { settings } = await deploy({ DATABASE_URL: pooled })
    const aware = { ...settings, DATABASE_PREPARED_STATEMENTS: 'false' }

    expect(await findingOf('database', settings)).toMatchObject({
      result: 'wrong',
      detail: expect.stringMatching(REMEDY),
    })
    const dropped = { ...aware, DATABASE_DIRECT_URL: swallowing }
    expect(await findingOf('database sessions', aware)).toMatchObject({ result: 'wrong' })
    expect(await findingOf('database sessions', dropped)).toMatchObject({ result: 'wrong' })
    const right = { ...aware, DATABASE_DIRECT_URL: database.url }
    expect(await findingOf('database sessions', right)).toMatchObject({ result: 'ok' })
  })

  test('keeps instants right for clients that share the connections of a server in Shanghai’s time zone', async ({
    onTestFinished,
  }) => {
    const database = await cloneDatabase()
    onTestFinished(() => database.drop())
    const admin = openDatabase(database.url)
    await admin.$executeRawUnsafe(`ALTER DATABASE ${database.name} SET TimeZone = 'Asia/Shanghai'`)
    const pooled = await throughPgbouncer(database.url)
    const [one, other] = [openDatabase(pooled, { isPooled: true }), openDatabase(pooled, { isPooled: true })]
    const at = new Date('2026-01-02T03:04:05.678Z')

    const zones = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => (turn % 2 ? one : other).$queryRaw`SHOW TimeZone`),
    )
    const { id } = await one.user.create({ data: { nickname: 'pooled', createdAt: at } })

    expect(new Set(zones.map((zone) => JSON.stringify(zone)))).toEqual(new Set([JSON.stringify([{ TimeZone: 'UTC' }])]))
    expect(await other.user.findUnique({ where: { id } })).toMatchObject({ createdAt: at })
    await Promise.all([admin, one, other].map((db) => db.$disconnect()))
  })
})

async function insertHomestays(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl)
  await seed(db)
  await db.$disconnect()
}

/** What the doctor finds in this check. */
async function findingOf(check: string, env: Record<string, string>): Promise<Finding<string> | undefined> {
  for await (const finding of examineIn('en', { NODE_ENV: 'test', ...env })) if (finding.check === check) return finding
  return undefined
}

/** What the processes logged as errors. */
function failuresIn(deployment: Deployment): string[] {
  return deployment
    .logs()
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line))
}
