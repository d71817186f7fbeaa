import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Credentials, createCredentials } from '@looklook-pay/sandbox'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import pino from 'pino'
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts'
import { migrate } from '../src/infra/migrate.ts'
import { freePort, startRedis } from '../test/harness/redis.ts'

const TEMPLATE = 'bench_template'

/** What all parts share: a PostgreSQL and a Redis of the bench's own, and the keys of one merchant and one WeChat. */
export interface Servers {
  postgresPid: number
  redisUrl: string
  redisPid: number
  credentials: Credentials
  /** For the output of processes. */
  folder: string
  /** A migrated, empty database. */
  createDatabase(name: string): Promise<Database>
}

export interface Database {
  url: string
  client: Client
}

/** Starts them; `stack` stops them. PostgreSQL keeps its defaults: what it confirms has been written to disk. */
export async function openServers(stack: AsyncDisposableStack): Promise<Servers> {
  const log = pino({ level: 'error' })
  const folder = await mkdtemp(join(tmpdir(), 'looklook-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log })
  stack.defer(() => postgres.stop())
  const redisPort = await freePort()
  const redis = await startRedis(redisPort)
  if (!redis) throw new Error('redis-server is needed: apt-get install redis-server')
  stack.defer(() => redis.stop())

  const admin = await connect(postgres.url)
  stack.defer(() => admin.end())
  await admin.query(`CREATE DATABASE ${TEMPLATE}`)
  await migrate(named(postgres.url, TEMPLATE), { log })
  return {
    postgresPid: Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]),
    redisUrl: redis.url,
    redisPid: await findRedisPid(redis.url),
    credentials: await createCredentials(Date.now()),
    folder,
    createDatabase: async (name) => {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)
      const url = named(postgres.url, name)
      return { url, client: await connect(url) }
    },
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  // The server may end it when the bench is over.
  client.on('error', () => {})
  await client.connect()
  return client
}

function named(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

async function findRedisPid(url: string): Promise<number> {
  const redis = new Redis(url)
  const pid = /process_id:(\d+)/.exec(await redis.info('server'))?.[1]
  redis.disconnect()
  return Number(pid)
}
