import { rm } from 'node:fs/promises'
import { type Credentials, createCredentials } from '@looklook-pay/sandbox'
import { Client } from 'pg'
import pino from 'pino'
import type { TestProject } from 'vitest/node'
import { arePagesCurrent, bundlePages } from '../../scripts/bundle-pages.ts'
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts'
import { migrate } from '../../src/infra/migrate.ts'
import { compileInto } from './compile-cache.ts'
import { isThere } from './programs.ts'
import { startRedis } from './redis.ts'
import { makeScratch } from './scratch.ts'
import { TEMPLATE } from './template.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server's URL, with `template1` as its database. */
    postgresUrl: string
    /** Null where there is no redis-server. */
    redisUrl: string | null
    /** One merchant and one WeChat for the whole run: making keys takes longer than most tests. */
    credentials: Credentials
    /** Where the processes of tests find what Node has compiled: it takes the half of their start. */
    compileCache: string
  }
}

interface Servers {
  postgresUrl: string
  redisUrl: string | null
  credentials: Credentials
  compileCache: string
  stop(): Promise<void>
}

/** Of this run: each of its projects loads this file for itself. */
const run = globalThis as { looklookTests?: { servers: Promise<Servers>; users: number } }

/** One PostgreSQL and one Redis for the whole run; a migrated template that every test clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  run.looklookTests ??= { servers: startServers(), users: 0 }
  const shared = run.looklookTests
  shared.users += 1
  const { postgresUrl, redisUrl, credentials, compileCache, stop } = await shared.servers
  project.provide('postgresUrl', postgresUrl)
  project.provide('redisUrl', redisUrl)
  project.provide('credentials', credentials)
  project.provide('compileCache', compileCache)
  return async () => {
    shared.users -= 1
    if (shared.users > 0) return
    delete run.looklookTests
    await stop()
  }
}

async function startServers(): Promise<Servers> {
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'fatal' })
  // What a browser gets is what the code says now.
  if (!arePagesCurrent()) await bundlePages()
  const [dataDir, compileCache] = await Promise.all([makeScratch('looklook-test-'), makeScratch('looklook-compiled-')])
  const [postgres] = await Promise.all([
    startEmbeddedPostgres({ dataDir, log }),
    compileInto(compileCache, process.cwd()),
  ])
  await prepareTemplate(postgres.url)
  await migrate(withDatabase(postgres.url, TEMPLATE), { log })
  const redis = await startRedis()
  isThere(!!redis, 'redis-server is not to be found: the tests that need it are skipped (apt-get install redis-server)')
  return {
    postgresUrl: postgres.url,
    redisUrl: redis?.url ?? null,
    credentials: await createCredentials(Date.now()),
    compileCache,
    stop: async () => {
      await redis?.stop()
      await postgres.stop()
      for (const folder of [dataDir, compileCache]) await rm(folder, { recursive: true, force: true })
    },
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

async function prepareTemplate(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  // What a test writes need not survive a power cut.
  await client.query(`ALTER SYSTEM SET fsync = off`)
  await client.query(`ALTER SYSTEM SET full_page_writes = off`)
  await client.query(`ALTER SYSTEM SET synchronous_commit = off`)
  // With a hundred databases it would begin somewhere twice a second, and find next to nothing.
  await client.query(`ALTER SYSTEM SET autovacuum = off`)
  await client.query(`SELECT pg_reload_conf()`)
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
}
