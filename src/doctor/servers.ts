import { Redis } from 'ioredis'
import type { AppConfig } from '../config.ts'
import type { Database } from '../infra/database.ts'
import { missingMigrations, OLDEST_POSTGRES } from '../infra/migrate.ts'
import { GUEST_PATIENCE, keepsSession, openPool } from '../infra/pool.ts'
import { tryHints } from '../infra/pubsub.ts'
import { infraTexts } from '../infra/texts.ts'
import { describeReason } from '../infra/wait.ts'
import { checkBinding } from '../infra/wechat-binding.ts'
import { readSecondsUnseen, SEEN_WITHIN_SECONDS } from '../infra/worker-rows.ts'
import type { Text } from '../texts.ts'
import { after, describeFailure, type Finding, runCheck, SkippedError, WrongError } from './finding.ts'
import { remedyTexts } from './remedies.ts'
import { checkTexts, rightTexts, skippedTexts, wrongTexts } from './texts.ts'

/** How long Redis may take to answer. */
const REDIS_WITHIN_MS = 5_000

/** How long PostgreSQL may take to answer, including up to 5 s for connecting. */
const POSTGRES_WITHIN_MS = 10_000

/**
 * Checks that PostgreSQL can be reached, is new enough, migrated, belongs to this merchant, and has a worker.
 *
 * @returns whether it can be used, and its id where that is known.
 */
export async function* checkDatabase(
  db: Database,
  config: AppConfig,
): AsyncGenerator<Finding, { isUsable: boolean; databaseId: string | null }, undefined> {
  let databaseId: string | null = null
  const server = await runCheck(checkTexts.database, remedyTexts.database, () => checkVersion(db), POSTGRES_WITHIN_MS)
  yield server
  const migrations = await runCheck(
    checkTexts.migrations,
    remedyTexts.migrate,
    after(server, () => checkMigrations(db)),
    POSTGRES_WITHIN_MS,
  )
  yield migrations
  const { databaseUrl, databaseDirectUrl = databaseUrl } = config
  yield await runCheck(
    checkTexts.sessions,
    remedyTexts.sessions,
    after(migrations, () => checkSessions(databaseDirectUrl)),
    POSTGRES_WITHIN_MS,
  )
  yield await runCheck(
    checkTexts.binding,
    remedyTexts.binding,
    after(migrations, async () => {
      databaseId = await checkBinding(db, config.wechat)
      return databaseId !== null ? rightTexts.ownMerchant : rightTexts.unbound
    }),
    POSTGRES_WITHIN_MS,
  )
  yield await runCheck(
    checkTexts.workers,
    remedyTexts.workers,
    after(migrations, () => checkWorkers(db)),
    POSTGRES_WITHIN_MS,
  )
  return { isUsable: server.result === 'ok' && migrations.result === 'ok', databaseId }
}

async function checkVersion(db: Database): Promise<Text> {
  const rows = await db.$queryRaw<[{ version: number }]>`SELECT current_setting('server_version_num')::int AS version`
  const version = Math.floor(rows[0].version / 10_000)
  if (version >= OLDEST_POSTGRES) return rightTexts.postgres(version)
  throw new WrongError(wrongTexts.oldPostgres(OLDEST_POSTGRES), remedyTexts.upgradePostgres)
}

/** The queue and migrations need them; a pooler in transaction mode has none. */
async function checkSessions(directUrl: string): Promise<Text> {
  const pool = openPool(directUrl, { size: 1, name: 'looklook-pay doctor', patience: GUEST_PATIENCE })
  try {
    if (await keepsSession(pool)) return rightTexts.sessions
  } finally {
    await pool.end()
  }
  throw new WrongError(wrongTexts.pooler, infraTexts.pooler)
}

async function checkMigrations(db: Database): Promise<Text> {
  const missing = await missingMigrations((sql) => db.$queryRawUnsafe(sql))
  if (missing.length === 0) return rightTexts.migrated
  throw new WrongError(wrongTexts.unmigrated(missing.length, missing[0] ?? ''), remedyTexts.migrate)
}

async function checkWorkers(db: Database): Promise<Text> {
  const seconds = await readSecondsUnseen(db)
  if (seconds < SEEN_WITHIN_SECONDS) return rightTexts.worker
  throw new WrongError(wrongTexts.noWorker(Math.round(seconds)), remedyTexts.workers)
}

/** Checks that Redis answers, and allows its user to publish and to subscribe as live updates need it. */
export function checkRedis({ redisUrl }: AppConfig, databaseId: string | null): Promise<Finding> {
  const check = async (late: AbortSignal) => {
    if (redisUrl === undefined) throw new SkippedError(skippedTexts.noRedis)
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
      return rightTexts.redis
    } catch (error) {
      const lacksRights = describeReason(reason ?? error).startsWith('NOPERM')
      throw new WrongError(describeFailure(reason ?? error), remedyTexts[lacksRights ? 'redisRights' : 'redis'])
    } finally {
      redis.disconnect()
    }
  }
  return runCheck(checkTexts.redis, remedyTexts.redis, check, REDIS_WITHIN_MS)
}
