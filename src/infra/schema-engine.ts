import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
import type { Pool } from 'pg'

// TypeScript declares it for browsers only.
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>
}

const NO_FILTERS = { externalTables: [], externalEnums: [] }

type Bindings = typeof import('@prisma/schema-engine-wasm/schema_engine_bg')

let loading: Promise<Bindings> | undefined

/**
 * Loads Prisma's schema engine, compiled to WebAssembly: the native one is a download that many networks don't allow.
 * Loaded once, since its bindings serve one instance. (Importing its main module would do the same, and print a warning
 * that WebAssembly modules are experimental.)
 */
async function load(): Promise<Bindings> {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const code = readFileSync(join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': bindings })
  const glue = bindings as unknown as { __wbg_set_wasm(exports: object): void }
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: panic } })
  return bindings
}

function panic(message: string): never {
  throw new Error(`Prisma's schema engine gave up: ${message}`)
}

async function openSchemaEngine(factory: SqlMigrationAwareDriverAdapterFactory): Promise<SchemaEngine> {
  const { SchemaEngine } = await (loading ??= load())
  return SchemaEngine.new({ datamodels: undefined }, () => {}, bindMigrationAwareSqlAdapterFactory(factory))
}

/**
 * Applies the migrations of `migrationsList` that the database doesn't have yet, as `prisma migrate deploy` does, with
 * the same checksums in `_prisma_migrations`.
 *
 * @throws {Error} with PostgreSQL's message.
 */
export async function applyMigrations(pool: Pool, migrationsList: MigrationList): Promise<void> {
  const factory = new PrismaPg(pool)
  const connect = factory.connect.bind(factory)
  const connected: SqlDriverAdapter[] = []
  factory.connect = async () => {
    const adapter = await connect()
    connected.push(adapter)
    // The adapter's own implementation splits a script at every semicolon, even inside functions.
    adapter.executeScript = async (script) => void (await pool.query(script))
    return adapter
  }
  const engine = await openSchemaEngine(factory)
  try {
    await engine.applyMigrations({ migrationsList, filters: NO_FILTERS })
  } finally {
    engine.free()
    // The engine doesn't, and each listens to the pool until then.
    for (const adapter of connected) await adapter.dispose()
  }
}

/** The SQL that migrates from one Prisma schema (undefined: an empty database) to another. Needs no database. */
export async function diffSchemas(before: string | undefined, after: string): Promise<string> {
  const engine = await openSchemaEngine(noDatabase)
  try {
    const from = before === undefined ? { tag: 'empty' as const } : datamodel(before)
    const result = await engine.diff({ from, to: datamodel(after), script: true, exitCode: null, filters: NO_FILTERS })
    return result.stdout ?? ''
  } finally {
    engine.free()
  }
}

function datamodel(content: string) {
  return { tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content }] }
}

/** A stand-in for the database while the engine only compares schemas: it queries the version, and accepts no rows. */
const nothing: SqlDriverAdapter = {
  provider: 'postgres',
  adapterName: 'none',
  queryRaw: () => Promise.resolve({ columnNames: [], columnTypes: [], rows: [] }),
  executeRaw: () => Promise.resolve(0),
  executeScript: () => Promise.resolve(),
  startTransaction: () => Promise.reject(new Error('There is no database here')),
  getConnectionInfo: () => ({ supportsRelationJoins: true }),
  dispose: () => Promise.resolve(),
}
const noDatabase: SqlMigrationAwareDriverAdapterFactory = {
  provider: 'postgres',
  adapterName: 'none',
  connect: () => Promise.resolve(nothing),
  connectToShadowDb: () => Promise.resolve(nothing),
}
