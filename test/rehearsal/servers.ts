import { join } from 'node:path'
import pino from 'pino'
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts'
import { startRedis } from '../harness/redis.ts'
import type { Place } from './place.ts'

/** As processes have them in their environment. */
export interface Servers {
  DATABASE_URL: string
  REDIS_URL: string
}

/** A PostgreSQL, which keeps its defaults, and a Redis; they end with the rehearsal. */
export async function openServers({ folder, atEnd }: Place): Promise<Servers> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database'), log: pino({ level: 'silent' }) })
  atEnd(() => postgres.stop())
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is needed: apt-get install redis-server')
  atEnd(() => redis.stop())
  return { DATABASE_URL: postgres.url, REDIS_URL: redis.url }
}
