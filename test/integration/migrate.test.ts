import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import pino from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, migrationNames } from '../../src/infra/migrate.ts'
import { diffSchemas } from '../../src/infra/schema-engine.ts'
import { jobs } from '../../src/jobs.ts'
import { planDatabase, query } from '../harness/empty-database.ts'
import { WAITING_FOR_LOCK } from '../harness/locks.ts'

const log = pino({ level: 'silent' })

const APPLIED = `
  SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
  ORDER BY migration_name`

async function emptyDatabase(): Promise<string> {
  const database = planDatabase()
  await database.create()
  return database.url
}

describe('a migration', () => {
  test('migrates once, with pg-boss and its queues, when several processes start it', async () => {
    const url = await emptyDatabase()
    await Promise.all([1, 2, 3, 4].map(() => migrate(url, { log })))
    const rows = await query<{ name: string }>(url, APPLIED)
    expect(rows.map(({ name }) => name)).toEqual(migrationNames())
    const queues = await query<{ name: string }>(url, 'SELECT name FROM pgboss.queue')
    expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(jobs.map(({ name }) => name)))
  })

  test('warns of nothing, however many there are', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))

    await migrate(await emptyDatabase(), { log })

    expect(migrationNames().length).toBeGreaterThan(10)
    expect(warnings).toEqual([])
  })

  test('says in one line that a new database has them all, and nothing the next time', async () => {
    const url = await emptyDatabase()
    const lines: { msg: string; migrations: number }[] = []
    const spoken = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
    await migrate(url, { log: spoken })
    await migrate(url, { log: spoken })
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'migrations applied to a new database', migrations: migrationNames().length }),
    ])
  })

  test('applies no migration twice, and keeps the data', async () => {
    const url = await emptyDatabase()
    await migrate(url, { log })
    await query(url, `INSERT INTO "user" (id, nickname) VALUES ('guest', 'Guest')`)
    await migrate(url, { log })
    expect(await query(url, 'SELECT id FROM "user"')).toEqual([{ id: 'guest' }])
  })

  test('leaves whole migrations after a kill, and completes them in the next run', async () => {
    const url = await emptyDatabase()
    const holder = new Client({ connectionString: url })
    await holder.connect()
    onTestFinished(() => holder.end())
    // The second migration installs an extension; it must wait for this.
    await holder.query('BEGIN; LOCK TABLE pg_extension IN ACCESS EXCLUSIVE MODE')

    const killed = migrate(url, { log }).catch((error: unknown) => error)
    await expect.poll(() => query(url, WAITING_FOR_LOCK)).toHaveLength(1)
    await query(url, `SELECT pg_terminate_backend(pid) FROM (${WAITING_FOR_LOCK}) AS blocked`)
    expect(await killed).toBeInstanceOf(Error)
    await holder.query('ROLLBACK')
    expect(await query(url, 'SELECT migration_name AS name FROM _prisma_migrations')).toEqual([
      { name: migrationNames()[0] },
    ])

    await migrate(url, { log })
    expect(await query(url, APPLIED)).toHaveLength(migrationNames().length)
  })

  test('refuses to migrate a database that is newer than the code, naming the unknown migrations', async () => {
    const url = await emptyDatabase()
    await migrate(url, { log })
    await query(
      url,
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('later', '', '29991231000000_later', now(), 1)`,
    )
    await expect(migrate(url, { log })).rejects.toThrow(/newer than this version.*29991231000000_later/)
  })
})

describe('making a migration', () => {
  const schema = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8')

  test('writes the SQL for a changed schema without a database', async () => {
    const changed = schema.replace(/^model User \{$/m, 'model User {\n  motto String?')
    expect(changed).not.toBe(schema)
    expect(await diffSchemas(schema, changed)).toContain('ALTER TABLE "user" ADD COLUMN     "motto" TEXT')
    expect(await diffSchemas(schema, schema)).toContain('empty migration')
  })
})
