import { readFileSync } from 'node:fs'
import { diffSchemas } from '../../../src/infra/schema-engine.ts'
import { describe, expect, type Row, type Sql, test } from '../../harness/sql.ts'

const SCHEMA = new URL('../../../prisma/schema.prisma', import.meta.url)

const COLUMNS = `
  SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type,
         a.attnotnull AS "notNull", pg_get_expr(d.adbin, d.adrelid) AS "default"
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_prisma_migrations'
  ORDER BY c.relname, a.attname`

const INDEXES = `
  SELECT indexname AS name, indexdef AS definition FROM pg_indexes
  WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY indexname`

/** Primary and foreign keys; constraints that Prisma can't express come on top. */
const KEYS = `
  SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f')
    AND conrelid::regclass::text <> '_prisma_migrations' ORDER BY conname`

const ENUMS = `
  SELECT t.typname AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
  FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname ORDER BY t.typname`

/** Indexes that only the migrations can express, in SQL. */
const SQL_ONLY = [
  'homestay_order_due_close',
  'homestay_order_due_expiry',
  'homestay_order_nights_held_once',
  'homestay_order_to_ship',
  'homestay_order_unpaid',
  'message_due',
  'payment_due_recheck',
  'payment_due_relay',
  'payment_one_live_attempt',
  'payment_unapplied',
  'payment_waiting_for_operator',
  'refund_due_advance',
]

/** Another database, made from schema.prisma without the migrations. */
async function createFromSchema(sql: Sql): Promise<Sql> {
  const name = `${new URL(sql.url).pathname.slice(1)}_expected`
  await sql.query(`CREATE DATABASE "${name}" TEMPLATE template0`)
  const expected = await sql.connect(name)
  await expected.query(await diffSchemas(undefined, readFileSync(SCHEMA, 'utf8')))
  return expected
}

describe('the migrations', () => {
  test('the migrations create what schema.prisma describes, and the indexes that only SQL can express', async ({
    sql,
  }) => {
    const expected = await createFromSchema(sql)

    expect(await sql.query(COLUMNS)).toEqual(await expected.query(COLUMNS))
    expect(await sql.query(KEYS)).toEqual(await expected.query(KEYS))
    expect(await sql.query(ENUMS)).toEqual(await expected.query(ENUMS))
    const [made, wanted] = [await sql.query(INDEXES), await expected.query(INDEXES)]
    const isSqlOnly = (row: Row) => SQL_ONLY.includes(String(row['name']))
    expect(made.filter((row) => !isSqlOnly(row))).toEqual(wanted)
    expect(made.filter(isSqlOnly).map((row) => row['name'])).toEqual(SQL_ONLY)
    expect(wanted.length).toBeGreaterThan(10)
  })
})
