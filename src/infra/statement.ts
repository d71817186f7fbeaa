import { type Pool, types } from 'pg'
import { Prisma, type PrismaClient } from '../../prisma/client/client.ts'
import type { StatementNames } from './statement-names.ts'

/**
 * Statements of the hot paths, straight to the connections of a database. Prisma's `$queryRaw` sends the same bytes and
 * takes two to three times the CPU for it. Transactions have no such way: what is sent here is committed by itself.
 */

interface Connections {
  pool: Pool
  /** Undefined where nothing is prepared. */
  names: StatementNames | undefined
}

const connections = new WeakMap<PrismaClient, Connections>()

/** Lets the statements of a database go straight to its connections. */
export function rememberConnections(db: PrismaClient, { pool, names }: Connections): void {
  connections.set(db, { pool, names })
}

/** The pool of a database; undefined for a client with extensions. */
export function poolOf(db: PrismaClient): Pool | undefined {
  return connections.get(db)?.pool
}

/** How many connections of a database are taken: by a statement, by a transaction, or by one that was cut and isn't given up. */
export function connectionsInUse(db: PrismaClient): number {
  const pool = poolOf(db)
  return pool ? pool.totalCount - pool.idleCount : 0
}

/**
 * The rows of a statement, in the types that Prisma gives them: instants and days as `Date`, `bigint` for 64 bits, JSON
 * parsed. (Not so `numeric`, `timestamp` without a zone, and lists of days or of 64 bits, which nothing here selects.) A
 * client with extensions is asked itself, so that these see the statement.
 *
 * @throws {DatabaseError} of node-postgres, when PostgreSQL refuses it; any other error leaves open whether it was committed.
 */
export async function queryRows<Row extends object>(db: PrismaClient, statement: Prisma.Sql): Promise<Row[]> {
  const direct = connections.get(db)
  if (!direct) return db.$queryRaw<Row[]>(statement)
  return (await send<Row>(direct, statement)).rows
}

/**
 * How many rows a statement changed.
 *
 * @throws {DatabaseError} of node-postgres, when PostgreSQL refuses it; any other error leaves open whether it was committed.
 */
export async function countChanged(db: PrismaClient, statement: Prisma.Sql): Promise<number> {
  const direct = connections.get(db)
  if (!direct) return db.$executeRaw(statement)
  return (await send(direct, statement)).rowCount ?? 0
}

function send<Row extends object>({ pool, names }: Connections, { text, values }: Prisma.Sql) {
  const name = names?.nameOf(text)
  return pool.query<Row>({ ...(name !== undefined && { name }), text, values, types: TYPES })
}

const readAnyInstant = types.getTypeParser(types.builtins.TIMESTAMPTZ, 'text')

/**
 * An instant. node-postgres takes it to pieces by a pattern, several times as long as V8 for the one form in which our
 * connections show it, as `2026-06-01 08:00:00.123+00`; all others are left to it: of years before and after those of four
 * digits, infinity, and another zone.
 */
function readInstant(text: string): unknown {
  const isPlain = text.length >= 22 && text[4] === '-' && text[10] === ' ' && text.endsWith('+00')
  return isPlain ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : readAnyInstant(text)
}

/** Of the types that node-postgres reads otherwise, or slowly: a day would be an instant of the process's own time zone. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [types.builtins.INT8, BigInt],
  [types.builtins.TIMESTAMPTZ, readInstant],
  [types.builtins.DATE, (day) => new Date(`${day}T00:00:00Z`)],
])

const TYPES = { getTypeParser: (oid: number) => PARSERS.get(oid) ?? types.getTypeParser(oid, 'text') }

/**
 * SQL: the columns of a table, one by one, since a prepared statement fails for ever once `*` means another column.
 *
 * @param fields what the generated client knows of them, as `Prisma.PaymentScalarFieldEnum`.
 * @param row what they are read from, as `p`.
 */
export function columnsOf(fields: Record<string, string>, row: string): Prisma.Sql {
  const columns = Object.values(fields).map((column) => `${row}."${column}"`)
  return Prisma.raw(columns.join(', '))
}
