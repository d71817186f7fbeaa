import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { Prisma } from '../../prisma/client/client.ts'
import { JOB_PATIENCE, keepsSession, openPool } from './pool.ts'
import { createQueues, openQueue } from './queue.ts'
import { applyMigrations } from './schema-engine.ts'
import { SetupError } from './setup-error.ts'
import { infraTexts } from './texts.ts'

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))
/** The major version of PostgreSQL that this code needs at least. */
export const OLDEST_POSTGRES = 15
const MIGRATION_LOCK = 4_701_522_911
const LOCK_POLL_MS = 100

/**
 * Migrates the database to the version of this code: our migrations, pg-boss' schema and our queues. Safe to call
 * twice, and by several processes at once, of which the others wait. After a kill a migration is either applied or not
 * begun.
 *
 * @throws {SetupError} when PostgreSQL is too old, or the database is newer than this code.
 */
export async function migrate(databaseUrl: string, { log }: { log: Logger }): Promise<void> {
  // One connection, so that the schema engine works inside the transaction that begins and ends here.
  const pool = openPool(databaseUrl, {
    size: 1,
    name: 'looklook-pay migrate',
    patience: JOB_PATIENCE,
    keepsIdle: true,
    log,
  })
  try {
    await refuseOldServer(pool)
    if (!(await keepsSession(pool))) throw new SetupError(infraTexts.pooler.en)
    while (!(await tryLock(pool))) await sleep(LOCK_POLL_MS)
    const applied = await findApplied(queryThrough(pool))
    const names = migrationNames()
    refuseNewerDatabase(applied, names)
    const isNew = applied.length === 0
    for (const [index, name] of names.entries()) {
      if (applied.includes(name)) continue
      await applyOne(pool, names.slice(0, index + 1))
      log[isNew ? 'debug' : 'info']({ migration: name }, 'migration applied')
    }
    if (isNew) log.info({ migrations: names.length }, 'migrations applied to a new database')

    const queue = await openQueue(databaseUrl, 'migrate', log)
    try {
      await createQueues(queue)
    } finally {
      await queue.stop({ graceful: false })
    }
  } finally {
    // Releases the advisory lock too.
    await pool.end()
  }
}

/** Runs SQL without parameters, on whatever connection the caller has. */
type Query = <Row extends object>(sql: string) => Promise<Row[]>

/** This code's migrations that the database doesn't have, in their order. */
export async function missingMigrations(query: Query): Promise<string[]> {
  const applied = await findApplied(query)
  return migrationNames().filter((name) => !applied.includes(name))
}

/** True when a query failed because the database isn't migrated to the version of this code. */
export function isUnmigrated(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && (error.code === 'P2021' || error.code === 'P2022')
}

/** The names of this code's migrations, in their order. */
export function migrationNames(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => existsSync(join(MIGRATIONS, name, 'migration.sql')))
    .toSorted()
}

/** Not by waiting in the server: another process' migrations may take longer than a statement may. */
async function tryLock(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [MIGRATION_LOCK])
  return rows[0]?.held === true
}

async function refuseOldServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ version: number }>(`SELECT current_setting('server_version_num')::int AS version`)
  const version = Math.floor((rows[0]?.version ?? 0) / 10_000)
  if (version >= OLDEST_POSTGRES) return
  throw new SetupError(
    `DATABASE_URL leads to PostgreSQL ${version}; ${OLDEST_POSTGRES} or newer is needed. Upgrade the server.`,
  )
}

function refuseNewerDatabase(applied: string[], known: string[]): void {
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new SetupError(
    `The database is newer than this version of the code, which doesn't know its migrations ${unknown.join(', ')}. Deploy the version that brought them, or a later one.`,
  )
}

async function findApplied(query: Query): Promise<string[]> {
  const [table] = await query<{ found: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`)
  if (!table?.found) return []
  const rows = await query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1',
  )
  return rows.map(({ name }) => name)
}

export function queryThrough(pool: Pool): Query {
  return async <Row extends object>(sql: string) => (await pool.query<Row>(sql)).rows
}

/** Applies the last of `names` in a transaction of its own, so that it may use what those before it have created. */
async function applyOne(pool: Pool, names: string[]): Promise<void> {
  await pool.query('BEGIN')
  try {
    await applyMigrations(pool, readMigrations(names))
    await pool.query('COMMIT')
  } catch (error) {
    await pool.query('ROLLBACK')
    throw new Error(`Migration ${names.at(-1)} failed and left nothing behind`, { cause: error })
  }
}

/** These migrations as the schema engine takes them. */
export function readMigrations(names: string[]): MigrationList {
  return {
    baseDir: MIGRATIONS,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(MIGRATIONS, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(MIGRATIONS, name, 'migration.sql'), 'utf8') },
      },
    })),
  }
}
