import { Client } from 'pg'
import { diffSchemas } from '../src/infra/schema-engine.ts'

/**
 * A line for each column, index, key and enum of a database. Partial indexes, indexes of expressions and exclusion
 * constraints are left out, and storage parameters of indexes: only the SQL of migrations can express them.
 */
const CATALOGUE = `
  SELECT format('column %I.%I %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_prisma_migrations'
  UNION ALL
  SELECT regexp_replace(pg_get_indexdef(i.indexrelid), ' WITH \\(.*\\)$', '') FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
  WHERE i.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indisexclusion AND c.relname <> '_prisma_migrations'
  UNION ALL
  SELECT format('key %I of %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f')
    AND conrelid::regclass::text <> '_prisma_migrations'
  UNION ALL
  SELECT format('enum %I: %s', t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder))
  FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname
  ORDER BY 1`

export interface SchemaDrift {
  /** In the schema, and created by no migration. */
  missing: string[]
  /** Created by a migration, and not in the schema. */
  unexpected: string[]
}

/**
 * Compares what the migrations create with what a Prisma schema describes.
 *
 * @param migratedUrl a database that all migrations were applied to, on a server where another may be created.
 * @param schema the text of `prisma/schema.prisma`.
 */
export async function findSchemaDrift(migratedUrl: string, schema: string): Promise<SchemaDrift> {
  const described = new URL(migratedUrl)
  described.pathname += '_described'
  const name = described.pathname.slice(1)
  const sql = await diffSchemas(undefined, schema)
  return connected(migratedUrl, async (migrated) => {
    await migrated.query(`CREATE DATABASE "${name}" TEMPLATE template0`)
    try {
      const wanted = await connected(described.href, async (client) => {
        await client.query(sql)
        return readCatalogue(client)
      })
      const made = await readCatalogue(migrated)
      return {
        missing: wanted.filter((line) => !made.includes(line)),
        unexpected: made.filter((line) => !wanted.includes(line)),
      }
    } finally {
      await migrated.query(`DROP DATABASE "${name}"`)
    }
  })
}

async function readCatalogue(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(CATALOGUE)
  return rows.map(({ line }) => line)
}

/** Does `work` on a connection of its own. */
export async function connected<Result>(
  connectionString: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
