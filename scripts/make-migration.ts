/**
 * `npm run migration NAME`: writes the migration from the committed schema to the changed one. Needs no database. Add
 * by hand what Prisma's schema can't express: CHECKs, triggers, partial indexes.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { diffSchemas } from '../src/infra/schema-engine.ts'

const SCHEMA = 'prisma/schema.prisma'

const name = process.argv[2] ?? ''
if (!/^[a-z][a-z0-9_]*$/.test(name)) fail('Give the migration a name like add_coupons: npm run migration add_coupons')

const [unfinished] = uncommittedMigrations()
if (unfinished)
  fail(`${unfinished} isn't committed yet. Delete it, to have its changes written with yours, or commit it.`)

const sql = await diffSchemas(committedSchema(), readFileSync(SCHEMA, 'utf8'))
if (/^\s*(-- This is an empty migration\.)?\s*$/.test(sql)) fail(`${SCHEMA} does not differ from the committed one.`)

const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
const folder = join('prisma/migrations', `${stamp}_${name}`)
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'migration.sql'), sql)
process.stdout.write(`${folder}/migration.sql\n${sql}`)

/** A second migration before the first is committed would repeat its changes. */
function uncommittedMigrations(): string[] {
  const status = ['status', '--porcelain', '--untracked-files=all', '--', 'prisma/migrations']
  const lines = execFileSync('git', status, { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => /^(\?\?|A)/.test(line)).map((line) => dirname(line.slice(3)))
}

/** Undefined where nothing is committed yet. */
function committedSchema(): string | undefined {
  const committed = execFileSync('git', ['ls-tree', '--name-only', 'HEAD', SCHEMA], { encoding: 'utf8' }).trim()
  return committed === '' ? undefined : execFileSync('git', ['show', `HEAD:${SCHEMA}`], { encoding: 'utf8' })
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
