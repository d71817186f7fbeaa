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
  /** Hears about connections that break while nobody uses them. */
  log?: Logger
}

/**
 * A pool of connections that are made when they are needed: a database that is away makes queries fail, within
 * seconds, and one that is back makes them work again.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { poolSize = 10, lockTimeoutMs, statementTimeoutMs = 30_000, log } = options
  const pool = new Pool({
    connectionString: speakingUtc(url),
    application_name: 'looklook-pay',
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
  })
  const onBroken = ({ code, message }: Error & { code?: string }) => {
    // A pool has ended before its connections have: a server that stops meanwhile breaks nothing of ours.
    if (pool.ending) return
    // Not the error itself: pg hangs the whole connection on it, with the key that cancels its queries.
    log?.warn({ error: { code, message } }, 'a database connection broke; the next query makes another')
  }
  const adapter = new PrismaPg(pool, {
    onPoolError: onBroken,
    onConnectionError: onBroken,
    disposeExternalPool: true,
  })
  return new PrismaClient({ adapter, errorFormat: 'minimal', log: [] })
}

/** The adapter reads and writes instants without their zone: on a server set to Asia/Shanghai they were 8 h off. */
function speakingUtc(url: string): string {
  const changed = new URL(url)
  const options = [changed.searchParams.get('options'), '-c TimeZone=UTC'].filter((option) => option)
  changed.searchParams.set('options', options.join(' '))
  return changed.href
}

/** The database's time, by which schedules and deadlines of orders, payments and refunds go: our clocks may differ. */
export async function databaseNow(db: Pick<Tx, '$queryRaw'>): Promise<Date> {
  const [{ now }] = await db.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`
  return now
}

/** Text that `text` takes: what PostgreSQL refuses, NUL and lone surrogates, becomes U+FFFD, so that it equals no other. */
export function asText(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** JSON text that `jsonb` takes, with the same replacement in keys and values. */
export function asJson(value: unknown): string {
  // JSON.stringify writes both as escapes, and nothing else that way; an escaped backslash before them is none.
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\uFFFD')
}

/** The same as a value for Prisma. */
export function asJsonValue(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(asJson(value)) as Prisma.InputJsonValue
}
