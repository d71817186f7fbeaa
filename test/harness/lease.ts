import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Logger } from 'pino'
import { connectionsInUse } from '../../src/infra/statement.ts'
import { inTime } from '../../src/infra/wait.ts'
import { type Connections, openConnections } from './connections.ts'
import { cloneDatabase } from './database.ts'
import { LONG_MS } from './patience.ts'

/** A migrated, empty database that no other test uses at the same time, with an app's connections to it. */
export interface Lease {
  databaseUrl: string
  connections: Connections
  /** Empties the database and leaves it to the next test, unless this one changed more than rows. */
  release(): Promise<void>
}

interface Store extends Omit<Lease, 'release'> {
  /** On a connection that no app uses. */
  admin: Client
  emptying: string
  schema: string
  drop(): Promise<void>
}

/** A statement that has ended gives its connection back in one of the next turns. */
const BACK_WITHIN_MS = 1_000

/** Released by earlier tests of this process. They are dropped with the server. */
const free: Store[] = []

/**
 * Leases a database that looks newly migrated. Connecting, and planning each query for the first time, take longer than
 * most tests do: so a database and its connections pass from one test to the next.
 */
export async function acquireDatabase(log: Logger): Promise<Lease> {
  const store = free.pop() ?? (await openStore(log))
  return { ...store, release: () => release(store) }
}

async function openStore(log: Logger): Promise<Store> {
  const { url, drop } = await cloneDatabase()
  const admin = new Client({ connectionString: url })
  // A test may end all connections to its database.
  admin.on('error', () => {})
  await admin.connect()
  const { connections, close } = await openConnections(url, log)
  return {
    databaseUrl: url,
    connections,
    admin,
    emptying: await describeEmptying(admin),
    schema: await describeSchema(admin),
    drop: async () => {
      // Not waited for to the end: a connection that the test has cut is given back when Prisma's own time-out has passed.
      await inTime(close, 1_000).catch(() => {})
      await admin.end().catch(() => {})
      await drop()
    },
  }
}

async function release(store: Store): Promise<void> {
  if (!(await isUnchanged(store))) return store.drop()
  await store.admin.query(store.emptying)
  free.push(store)
}

/** Whether nothing but rows has changed. */
async function isUnchanged({ admin, schema, connections }: Store): Promise<boolean> {
  try {
    await untilQuiet(admin)
    return (await areAllBack(connections)) && (await describeSchema(admin)) === schema
  } catch {
    return false
  }
}

/**
 * Waits for statements and transactions that a test has started and not awaited.
 *
 * @throws when one is still open after `LONG_MS`, as a transaction that nobody ends: the database is dropped then.
 */
async function untilQuiet(admin: Client): Promise<void> {
  const deadline = performance.now() + LONG_MS
  while (performance.now() < deadline) {
    const { rowCount } = await admin.query(`
      SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' LIMIT 1`)
    if (rowCount === 0) return
    await sleep(5)
  }
  throw new Error('a statement or a transaction of the test is still open')
}

/** Whether no place in the pools is lost to a connection that was cut in a transaction: Prisma gives it back after its time-out. */
async function areAllBack({ db, settleDb }: Connections): Promise<boolean> {
  const deadline = performance.now() + BACK_WITHIN_MS
  while (connectionsInUse(db) + connectionsInUse(settleDb) > 0) {
    if (performance.now() > deadline) return false
    await sleep(5)
  }
  return true
}

/** The SQL that deletes every row that a test may have written, without the triggers that forbid deleting. */
async function describeEmptying(admin: Client): Promise<string> {
  const { rows } = await admin.query<{ name: string }>(`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE (schemaname = 'public' AND tablename <> '_prisma_migrations') OR (schemaname = 'pgboss' AND tablename = 'job')`)
  const deletes = rows.map(({ name }) => `DELETE FROM ${name}`)
  return ['BEGIN', 'SET LOCAL session_replication_role = replica', ...deletes, 'COMMIT'].join('; ')
}

const CATALOGS = ['pg_class', 'pg_attribute', 'pg_trigger', 'pg_constraint', 'pg_proc', 'pg_namespace']

/**
 * A fingerprint of what emptying doesn't restore: count and newest change of tables, triggers, settings, queues and the
 * like.
 */
async function describeSchema(admin: Client): Promise<string> {
  const kept = [...CATALOGS, 'pg_db_role_setting', 'pgboss.queue', '_prisma_migrations']
  const each = kept.map((table) => `SELECT '${table}', count(*), max(xmin::text::int8) FROM ${table}`)
  const { rows } = await admin.query({ text: each.join(' UNION ALL '), rowMode: 'array' })
  return JSON.stringify(rows)
}
