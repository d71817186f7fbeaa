import type { Pool } from 'pg'
import pg from 'pg'
import type { Prisma } from '../../prisma/client/client.ts'
import type { Database } from './database.ts'
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

const connections = new WeakMap<Database, Connections>()

/** Lets the statements of a database go straight to its connections. */
export function rememberConnections(db: Database, { pool, names }: Connections): void {
  connections.set(db, { pool, names })
}

/**
 * The rows of a statement, in the types that Prisma gives them: instants and days as `Date`, `bigint` for 64 bits, JSON
 * parsed. A client with extensions is asked itself, so that these see the statement.
 *
 * @throws {pg.DatabaseError} when PostgreSQL refuses it; any other error leaves open whether it was committed.
 */
export async function queryRows<Row extends object>(db: Database, statement: Prisma.Sql): Promise<Row[]> {
  const direct = connections.get(db)
  if (!direct) return db.$queryRaw<Row[]>(statement)
  return (await send<Row>(direct, statement)).rows
}

/**
 * How many rows a statement changed.
 *
 * @throws {pg.DatabaseError} when PostgreSQL refuses it; any other error leaves open whether it was committed.
 */
export async function countChanged(db: Database, statement: Prisma.Sql): Promise<number> {
  const direct = connections.get(db)
  if (!direct) return db.$executeRaw(statement)
  return (await send(direct, statement)).rowCount ?? 0
}

function send<Row extends object>({ pool, names }: Connections, { text, values }: Prisma.Sql) {
  const name = names?.nameOf(text)
  return pool.query<Row>({ ...(name !== undefined && { name }), text, values, types: TYPES })
}

/** Of the types that node-postgres reads otherwise: a day would be an instant of the process's own time zone. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, BigInt],
  [pg.types.builtins.DATE, (day) => new Date(`${day}T00:00:00Z`)],
])

const TYPES = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    PARSERS.get(oid) ?? (pg.types.getTypeParser(oid, format as 'text') as (text: string) => unknown),
} as pg.CustomTypesConfig
