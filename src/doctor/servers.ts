import { Redis } from 'ioredis'
import type { ConfigOf } from '../config.ts'
import type { Database } from '../infra/database.ts'
import { missingMigrations } from '../infra/migrate.ts'
import { GUEST_PATIENCE, keepsSession, openPool } from '../infra/pool.ts'
import { tryHints } from '../infra/pubsub.ts'
import { describeReason, POOLER_REMEDY } from '../infra/wait.ts'
import { checkBinding } from '../infra/wechat-binding.ts'
import { readSecondsUnseen, SEEN_WITHIN_SECONDS } from '../infra/worker-rows.ts'
import { after, type Finding, runCheck, WrongError } from './finding.ts'

const OLDEST_POSTGRES = 150_000

/** How long Redis may take to answer. */
const REDIS_WITHIN_MS = 5_000

const REDIS_REMEDY = 'correct REDIS_URL, or start Redis'
const RIGHTS_REMEDY =
  'allow this user of Redis +publish, +subscribe and +eval, the channels &looklook-pay:* and the keys ~looklook-pay:*'

const WORKERS_REMEDY = 'start `npm run worker`: without one no payment is applied to its order'

/** How long PostgreSQL may take to answer, including up to 5 s for connecting. */
const POSTGRES_WITHIN_MS = 10_000

/**
 * Checks that PostgreSQL can be reached, is new enough, migrated, belongs to this merchant, and has a worker.
 *
 * @returns whether it can be used, and its id where that is known.
 */
export async function* checkDatabase(
  db: Database,
  config: ConfigOf['api'],
): AsyncGenerator<Finding, { isUsable: boolean; databaseId: string | null }, undefined> {
  let databaseId: string | null = null
  const server = await runCheck(
    'database',
    'correct DATABASE_URL, or start PostgreSQL',
    () => checkVersion(db),
    POSTGRES_WITHIN_MS,
  )
  yield server
  const migrations = await runCheck(
    'migrations',
    'run `npm run db:migrate`',
    after(server, () => checkMigrations(db)),
    POSTGRES_WITHIN_MS,
  )
  yield migrations
  const { databaseUrl, databaseDirectUrl = databaseUrl } = config
  yield await runCheck(
    'database sessions',
    'correct DATABASE_DIRECT_URL',
    after(migrations, () => checkSessions(databaseDirectUrl)),
    POSTGRES_WITHIN_MS,
  )
  yield await runCheck(
    'merchant of the database',
    'use the database of this merchant',
    after(migrations, async () => {
      databaseId = await checkBinding(db, config.wechat)
      return databaseId !== null ? 'this merchant’s' : 'nobody’s yet: the first start binds it'
    }),
    POSTGRES_WITHIN_MS,
  )
  yield await runCheck(
    'workers',
    WORKERS_REMEDY,
    after(migrations, () => checkWorkers(db)),
    POSTGRES_WITHIN_MS,
  )
  return { isUsable: server.result === 'ok' && migrations.result === 'ok', databaseId }
}

async function checkVersion(db: Database): Promise<string> {
  const rows = await db.$queryRaw<[{ version: number }]>`SELECT current_setting('server_version_num')::int AS version`
  if (rows[0].version >= OLDEST_POSTGRES) return `PostgreSQL ${Math.floor(rows[0].version / 10_000)}`
  throw new WrongError('PostgreSQL is older than 15', 'upgrade PostgreSQL')
}

/** The queue and migrations need them; a pooler in transaction mode has none. */
async function checkSessions(directUrl: string): Promise<string> {
  const pool = openPool(directUrl, { size: 1, name: 'looklook-pay doctor', patience: GUEST_PATIENCE })
  try {
    if (await keepsSession(pool)) return 'to be had, for the queue and migrations'
  } finally {
    await pool.end()
  }
  throw new WrongError('a pooler answers, and drops what belongs to a session', POOLER_REMEDY)
}

async function checkMigrations(db: Database): Promise<string> {
  const missing = await missingMigrations((sql) => db.$queryRawUnsafe(sql))
  if (missing.length === 0) return 'all applied'
  throw new WrongError(`${missing.length} are not applied, the first is ${missing[0]}`, 'run `npm run db:migrate`')
}

async function checkWorkers(db: Database): Promise<string> {
  const seconds = await readSecondsUnseen(db)
  if (seconds < SEEN_WITHIN_SECONDS) return 'one runs'
  const since = Number.isFinite(seconds) ? ` for ${Math.round(seconds)} s` : ' yet'
  throw new WrongError(`no worker was seen${since}`, WORKERS_REMEDY)
}

/** Checks that Redis answers, and allows its user to publish and to subscribe as live updates need it. */
export function checkRedis({ redisUrl }: ConfigOf['api'], databaseId: string | null): Promise<Finding> {
  const check = async (late: AbortSignal) => {
    const options = { lazyConnect: true, connectTimeout: 3_000, retryStrategy: () => null }
    // ioredis' own ready check sends INFO, which a user with no more rights than live updates need may not send.
    const redis = new Redis(redisUrl, { ...options, enableReadyCheck: false })
    // connectTimeout covers connecting alone: a server that accepts the connection and stays silent is left here.
    late.addEventListener('abort', () => redis.disconnect())
    let reason: unknown
    redis.on('error', (error) => {
      reason = error
    })
    try {
      await redis.connect()
      await tryHints(redis, databaseId ?? 'unbound')
      return 'answers, and takes live updates'
    } catch (error) {
      const detail = describeReason(reason ?? error)
      throw new WrongError(detail, detail.startsWith('NOPERM') ? RIGHTS_REMEDY : REDIS_REMEDY)
    } finally {
      redis.disconnect()
    }
  }
  return runCheck('Redis', REDIS_REMEDY, check, REDIS_WITHIN_MS)
}
