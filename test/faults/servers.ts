import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import pino from 'pino'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts'
import { migrate } from '../../src/infra/migrate.ts'
import { LONG_PATIENCE } from '../harness/patience.ts'
import { freePort, type RedisServer, startRedis } from '../harness/redis.ts'
import { until } from '../harness/until.ts'
import { type DatabaseServer, keepDatabaseServer } from './database-server.ts'
import { hasOwnMounts } from './prepared.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

const ANSWERS_WITHIN_MS = 300_000
const ENDS_WITHIN_MS = 30_000

/** Called in the reverse order. */
export type Closers = (() => unknown)[]

export interface OwnDatabase {
  url: string
  /** PostgreSQL’s own folder. */
  cluster: string
  server: DatabaseServer
  /** What its files are on, where this run may mount one. */
  disk: SmallDisk | undefined
}

/** A PostgreSQL with everything that a deployment begins with. */
export async function openOwnDatabase(
  { folder, logFolder }: { folder: string; logFolder: string },
  closers: Closers,
): Promise<OwnDatabase> {
  const disk = hasOwnMounts() ? mountSmallDisk(folder) : undefined
  if (disk) closers.push(() => disk.unmount())
  else mkdirSync(folder)
  const log = pino({ level: 'silent' })
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log })
  try {
    await migrate(embedded.url, { log })
    const db = openDatabase(embedded.url, { poolSize: 1, patience: LONG_PATIENCE, log })
    await seed(db)
    await db.$disconnect()
  } finally {
    await embedded.stop()
  }
  const cluster = join(folder, 'postgres')
  const server = keepDatabaseServer({ cluster, logFile: join(logFolder, 'PostgreSQL.log') })
  closers.push(() => server.stop())
  await untilAnswering(embedded.url)
  return { url: embedded.url, cluster, server, disk }
}

/** @throws when no server runs on this folder. */
export function signalDatabase(cluster: string, signal: NodeJS.Signals | 0): void {
  process.kill(Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10), signal)
}

/** Ends the server that a killed `npm start` has left. @throws when it had to be killed. */
export async function endLeftDatabase(cluster: string): Promise<void> {
  const signalLeft = (signal: NodeJS.Signals | 0) => {
    try {
      signalDatabase(cluster, signal)
    } catch {
      return 'ended'
    }
    return undefined
  }
  if (signalLeft('SIGQUIT')) return
  const what = `PostgreSQL on ${cluster} ends by SIGQUIT`
  await until(what, () => signalLeft(0), { withinMs: ENDS_WITHIN_MS }).catch((error: unknown) => {
    signalLeft('SIGKILL')
    throw error
  })
}

/** A server that can be replaced by an empty one at the same port. */
export interface OwnRedis {
  url: string
  signal: RedisServer['signal']
  /** Kills it, and starts another one so much later. */
  restart(afterMs: number): Promise<void>
}

/** @throws when there is no redis-server. */
export async function openRedis(closers: Closers): Promise<OwnRedis> {
  const port = await freePort()
  const begin = async () => {
    const started = await startRedis(port)
    if (!started) throw new Error('redis-server is needed: apt-get install redis-server')
    return started
  }
  let redis = await begin()
  closers.push(() => redis.stop())
  return {
    url: redis.url,
    signal: (signal) => redis.signal(signal),
    restart: async (afterMs) => {
      await redis.stop()
      await setTimeout(afterMs)
      redis = await begin()
    },
  }
}

async function untilAnswering(url: string): Promise<void> {
  const endsAt = performance.now() + ANSWERS_WITHIN_MS
  for (;;) {
    try {
      await queryOnce(url, 'SELECT 1')
      return
    } catch (error) {
      if (performance.now() > endsAt) throw error
      await setTimeout(100)
    }
  }
}

/** One statement on a connection of its own. */
export async function queryOnce<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}
