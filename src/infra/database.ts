import { PrismaPg } from '@prisma/adapter-pg'
import type { Logger } from 'pino'
import { type Prisma, PrismaClient } from '../../prisma/client/client.ts'

export type Database = PrismaClient
export type Transaction = Prisma.TransactionClient

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
  const pool = {
    connectionString: url,
    application_name: 'looklook-pay',
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
  }
  const onBroken = (err: Error) => log?.warn({ err }, 'a database connection broke; the next query makes another')
  const adapter = new PrismaPg(pool, { onPoolError: onBroken, onConnectionError: onBroken })
  return new PrismaClient({ adapter, errorFormat: 'minimal', log: [] })
}

/** JSON text that `jsonb` takes: without the NUL characters and lone surrogates that PostgreSQL refuses. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '') : part,
  )
}

/** The same as a value for Prisma. */
export function asJsonValue(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(asJson(value)) as Prisma.InputJsonValue
}
