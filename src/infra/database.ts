import { PrismaPg } from '@prisma/adapter-pg'
import { DatabaseError } from 'pg'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Prisma, PrismaClient } from '../../prisma/client/client.ts'
import { JOB_PATIENCE, openPool, type Patience, type PoolInput } from './pool.ts'
import { rememberConnections } from './statement.ts'
import { createStatementNames } from './statement-names.ts'

export type Database = PrismaClient
export type Tx = Prisma.TransactionClient

export interface DatabaseOptions {
  /** Connections held at most; 10 by default. */
  poolSize?: number
  /** Those of jobs by default. */
  patience?: Patience
  /** The longest that an interactive transaction takes, in ms; 5 s by default. */
  transactionTimeoutMs?: number
  /** Whether the URL leads to a pooler in transaction mode. */
  isPooled?: boolean
  /** Shared by all databases of a process: see {@link PoolInput}. */
  idle?: PoolInput['idle']
  /** Gets a line about each idle connection that breaks. */
  log?: Logger
}

/** More than acquiring a connection takes, so that whoever gets none hears the same with and without a transaction. */
const BEGIN_WITHIN_MS = 1_000

/**
 * A database that connects on demand: while it is unreachable queries fail within seconds, and once it is back they work
 * again without a restart.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { poolSize = 10, patience = JOB_PATIENCE, transactionTimeoutMs = 5_000, isPooled, idle, log } = options
  const pool = openPool(url, { size: poolSize, name: 'looklook-pay', patience, isPooled, idle, log })
  // A pooler in transaction mode gives each transaction another connection, on which nothing is prepared.
  const names = isPooled ? undefined : createStatementNames(pool)
  const adapter = new PrismaPg(pool, names && { statementNameGenerator: ({ sql }) => names.nameOf(sql) as string })
  const transactionOptions = { timeout: transactionTimeoutMs, maxWait: patience.acquireMs + BEGIN_WITHIN_MS }
  const db = new PrismaClient({ adapter, errorFormat: 'minimal', log: [], transactionOptions })
  rememberConnections(db, { pool, names })
  // Prisma would leave a pool open that only direct statements (./statement.ts) have used.
  const disconnect = db.$disconnect.bind(db)
  db.$disconnect = async () => {
    await disconnect()
    if (!pool.ending) await pool.end()
  }
  return db
}

/**
 * True when PostgreSQL refused a statement because of the rows that it was about: a value, a constraint, a trigger, or a
 * lock that others hold. Nothing of the statement is committed then. A connection that breaks is no such error.
 */
export function isFaultOfData(error: unknown): boolean {
  const byPrisma = RefusedByServer.safeParse(error).data?.meta.driverAdapterError.cause.originalCode
  const code = error instanceof DatabaseError ? error.code : byPrisma
  return code !== undefined && FAULT_OF_DATA.test(code)
}

// Classes 22 (data), 23 (constraints) and P0 (PL/pgSQL), and of the others: not serializable, deadlock, lock not available;
// and a plan that a migration has made stale, which is made anew.
const FAULT_OF_DATA = /^(?:22...|23...|P0...|40001|40P01|55P03|0A000)$/

const RefusedByServer = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }),
})

/** The database's time. Schedules and deadlines go by it, because the clocks of our processes may differ. */
export async function databaseNow(db: Pick<Tx, '$queryRaw'>): Promise<Date> {
  const [{ now }] = await db.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`
  return now
}

/** Text that a `text` column accepts: NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD. */
export function asText(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** JSON text that a `jsonb` column accepts, with the same replacement in keys and values. */
export function asJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u')) return text
  // JSON.stringify writes exactly these as \uXXXX escapes. A backslash that is itself escaped doesn't begin one.
  return text.replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\uFFFD')
}

/** The same, as a value for Prisma. */
export function asJsonValue(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(asJson(value)) as Prisma.InputJsonValue
}
