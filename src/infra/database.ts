import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import type { Logger } from 'pino'
import { type Prisma, PrismaClient } from '../../prisma/client/client.ts'

export type Database = PrismaClient
export type Tx = Prisma.TransactionClient

export interface DatabaseOptions {
  /** Connections held at most; 10 by default. */
  poolSize?: number
  /** The longest a statement waits for a lock, in ms; as long as it takes by default. */
  lockTimeoutMs?: number
  /** The longest a statement runs, in ms; 30 s by default. */
  statementTimeoutMs?: number
  /** The longest that an interactive transaction takes, and waits for a connection, in ms; Prisma's 5 s and 2 s by default. */
  transactionTimeoutMs?: number
  /** Gets a line about each idle connection that breaks. */
  log?: Logger
}

/**
 * A connection pool that connects on demand: while the database is unreachable queries fail within seconds, and once it
 * is back they work again without a restart.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { poolSize = 10, lockTimeoutMs, statementTimeoutMs = 30_000, transactionTimeoutMs, log } = options
  const pool = new Pool({
    connectionString: withUtc(url),
    application_name: 'looklook-pay',
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
  })
  const onBroken = ({ code, message }: Error & { code?: string }) => {
    // A pool ends before its connections do: one that breaks in between is of no interest.
    if (pool.ending) return
    // Not the error itself: pg attaches the whole connection to it, with the key that cancels its queries.
    log?.warn({ error: { code, message } }, 'database connection broken, the next query opens another')
  }
  const adapter = new PrismaPg(pool, {
    onPoolError: onBroken,
    onConnectionError: onBroken,
    disposeExternalPool: true,
  })
  const transactionOptions = { timeout: transactionTimeoutMs, maxWait: transactionTimeoutMs }
  return new PrismaClient({ adapter, errorFormat: 'minimal', log: [], transactionOptions })
}

/** The adapter reads and writes instants without their zone: on a server set to Asia/Shanghai they would be 8 h off. */
function withUtc(url: string): string {
  const changed = new URL(url)
  const options = [changed.searchParams.get('options'), '-c TimeZone=UTC'].filter((option) => option)
  changed.searchParams.set('options', options.join(' '))
  return changed.href
}

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
  // JSON.stringify writes exactly these as \uXXXX escapes. A backslash that is itself escaped doesn't begin one.
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\uFFFD')
}

/** The same, as a value for Prisma. */
export function asJsonValue(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(asJson(value)) as Prisma.InputJsonValue
}
