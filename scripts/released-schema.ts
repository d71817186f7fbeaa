import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { migrationNames } from '../src/infra/migrate.ts'
import { connected } from './schema-drift.ts'

/**
 * What of a database the release before must find while the next one is rolled out: its processes run on the schema that the
 * next one's migrations have made already. CONTRIBUTING.md says how a schema changes by that, and what isn't seen here.
 */
export interface Catalogue {
  columns: Column[]
  /** Each value of an enum, with its type. */
  enumValues: string[]
  rules: Rule[]
  /** With arguments and result; what triggers call isn't among them. */
  functions: string[]
}

interface Column {
  table: string
  /** With its table. */
  column: string
  type: string
  notNull: boolean
  /** The default, or what begins with GENERATED; null without one. */
  filledBy: string | null
}

/** A constraint or a unique index, which code of ours knows by what it says and never by its name. */
interface Rule {
  table: string
  /** With their table; null where it is about expressions alone. */
  columns: string[] | null
  definition: string
  /** Who writes relies on it: ON CONFLICT names it, or an outcome hangs on its refusal. */
  isReliedOn: boolean
}

/** Runs SQL without parameters, on whatever connection the caller has. */
type Query = (sql: string) => Promise<object[]>

const OURS = `c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'`

const COLUMNS = `
  SELECT c.relname AS "table", format('%I.%I', c.relname, a.attname) AS "column",
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "notNull",
    CASE WHEN a.attgenerated <> '' THEN 'GENERATED ALWAYS AS ' || pg_get_expr(d.adbin, d.adrelid)
      WHEN a.attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN a.attidentity = 'd' THEN 'an identity'
      ELSE pg_get_expr(d.adbin, d.adrelid) END AS "filledBy"
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE ${OURS} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`

const ENUM_VALUES = `
  SELECT format('%I.%s', t.typname, e.enumlabel) AS line FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  WHERE t.typnamespace = 'public'::regnamespace ORDER BY 1`

/** Unique constraints and primary keys are there as their indexes. */
const RULES = `
  SELECT c.relname AS "table", k.columns, regexp_replace(regexp_replace(pg_get_indexdef(i.indexrelid),
      '^CREATE UNIQUE INDEX \\S+ ON (ONLY )?', 'UNIQUE INDEX ON '), ' WITH \\([^)]*\\)', '') AS definition, true AS "isReliedOn"
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  CROSS JOIN LATERAL (SELECT array_agg(format('%I.%I', c.relname, a.attname)) AS columns FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) k
  WHERE ${OURS} AND i.indisunique
  UNION ALL
  SELECT c.relname, k.columns, format('%I %s', c.relname, pg_get_constraintdef(r.oid)), r.contype = 'x'
  FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
  CROSS JOIN LATERAL (SELECT array_agg(format('%I.%I', c.relname, a.attname)) AS columns FROM pg_attribute a
    WHERE a.attrelid = r.conrelid AND a.attnum = ANY (r.conkey)) k
  WHERE ${OURS} AND r.contype IN ('c', 'f', 'x')
  ORDER BY 1, 3`

/** Those of extensions are left out. */
const FUNCTIONS = `
  SELECT format('%I(%s) returning %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)) AS line
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype AND NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  ORDER BY 1`

export async function readCatalogue(query: Query): Promise<Catalogue> {
  const lines = async (sql: string) => ((await query(sql)) as { line: string }[]).map(({ line }) => line)
  return {
    columns: (await query(COLUMNS)) as Column[],
    enumValues: await lines(ENUM_VALUES),
    rules: (await query(RULES)) as Rule[],
    functions: await lines(FUNCTIONS),
  }
}

/** @returns a line for each difference that keeps processes from reading or writing `current` as they do `released`. */
export function findBroken(released: Catalogue, current: Catalogue): string[] {
  const missing = (name: keyof Pick<Catalogue, 'enumValues' | 'functions'>) =>
    released[name].filter((line) => !current[name].includes(line))
  return [
    ...findBrokenColumns(released, current),
    ...missing('enumValues').map((line) => `the value ${line} is gone`),
    ...findBrokenRules(released, current),
    ...missing('functions').map((line) => `the function ${line} is gone`),
  ]
}

function findBrokenColumns(released: Catalogue, current: Catalogue): string[] {
  const tables = new Set(current.columns.map(({ table }) => table))
  const gone = new Set(released.columns.map(({ table }) => table).filter((table) => !tables.has(table)))
  const kept = released.columns.filter(({ table }) => !gone.has(table))
  const changed = kept.flatMap((before) => {
    const after = current.columns.find(({ column }) => column === before.column)
    return after ? compareColumn(before, after) : [`the column ${before.column} is gone`]
  })
  const keptTables = new Set(kept.map(({ table }) => table))
  const required = current.columns.filter(
    ({ table, column, notNull, filledBy }) =>
      keptTables.has(table) && notNull && filledBy === null && !kept.some((before) => before.column === column),
  )
  return [
    ...[...gone].map((table) => `the table ${table} is gone`),
    ...changed,
    ...required.map(({ column }) => `the column ${column} is new and required: give it a default, or let it be NULL`),
  ]
}

function compareColumn(before: Column, after: Column): string[] {
  const { column, filledBy } = before
  const lines: string[] = []
  if (after.type !== before.type) lines.push(`the column ${column} is ${after.type}, and was ${before.type}`)
  if (after.notNull && !before.notNull) lines.push(`the column ${column} is required, and could be NULL`)
  if (before.notNull && !after.notNull) lines.push(`the column ${column} can be NULL, and was required`)
  const isGenerated = after.filledBy?.startsWith('GENERATED') === true
  if (after.filledBy !== filledBy && (filledBy !== null || isGenerated))
    lines.push(`the column ${column} is filled by ${after.filledBy ?? 'nothing'}, and was by ${filledBy ?? 'nothing'}`)
  return lines
}

function findBrokenRules(released: Catalogue, current: Catalogue): string[] {
  // What a column that is gone took part in has gone with it, and a new column is NULL where nobody writes it, which
  // satisfies what it takes part in.
  const isWholeIn = ({ columns }: Catalogue, rule: Rule) =>
    columns.some(({ table }) => table === rule.table) &&
    (rule.columns ?? []).every((name) => columns.some(({ column }) => column === name))
  const isIn = ({ rules }: Catalogue, rule: Rule) => rules.some(({ definition }) => definition === rule.definition)
  const gone = released.rules.filter((rule) => rule.isReliedOn && isWholeIn(current, rule) && !isIn(current, rule))
  const added = current.rules.filter((rule) => isWholeIn(released, rule) && !isIn(released, rule))
  return [
    ...gone.map(({ definition }) => `it is gone: ${definition}`),
    ...added.map(({ definition }) => `it is new, and a write can break it: ${definition}`),
  ]
}

/** What `prisma/last-release.json` says. */
export interface LastRelease {
  /** The newest migration of the last release. */
  migration: string
  /** Differences that its processes don't notice, as `findBroken` says them, each with how that is known. */
  allowed: Record<string, string>
}

/** @throws {Error} when it names no migration of ours. */
export function readLastRelease(): LastRelease {
  const path = 'prisma/last-release.json'
  const release = JSON.parse(readFileSync(path, 'utf8')) as LastRelease
  if (!migrationNames().includes(release.migration))
    throw new Error(`${path} names ${release.migration}, which is not in prisma/migrations`)
  return release
}

/**
 * Compares what all migrations create with what those of the last release do.
 *
 * @param migratedUrl a database that all migrations were applied to, on a server where another may be created.
 * @returns what has to be mended, see `judge`.
 */
export async function findBrokenSinceRelease(
  migratedUrl: string,
  { migration, allowed }: LastRelease,
): Promise<string[]> {
  const releasedUrl = new URL(migratedUrl)
  releasedUrl.pathname += '_released'
  const name = releasedUrl.pathname.slice(1)
  return connected(migratedUrl, async (migrated) => {
    await migrated.query(`CREATE DATABASE "${name}" TEMPLATE template0`)
    try {
      const released = await connected(releasedUrl.href, async (client) => {
        for (const each of migrationNames().filter((made) => made <= migration))
          await client.query(readFileSync(join('prisma/migrations', each, 'migration.sql'), 'utf8'))
        return readCatalogue(through(client))
      })
      return judge(findBroken(released, await readCatalogue(through(migrated))), allowed)
    } finally {
      await migrated.query(`DROP DATABASE "${name}"`)
    }
  })
}

/** @returns what has to be mended: the differences that aren't allowed, and what is allowed for nothing. */
export function judge(broken: string[], allowed: LastRelease['allowed']): string[] {
  const forNothing = Object.keys(allowed).filter((line) => !broken.includes(line))
  return [
    ...broken.filter((line) => !(line in allowed)),
    ...forNothing.map((line) => `it is allowed for nothing: ${line}`),
  ]
}

function through(client: Client): Query {
  return async (sql) => (await client.query<object>(sql)).rows
}
