import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Database } from '../infra/database.ts'
import { missingMigrations, queryThrough } from '../infra/migrate.ts'
import { GUEST_PATIENCE, openPool } from '../infra/pool.ts'
import type { Pubsub } from '../infra/pubsub.ts'
import { describeReason, inTime } from '../infra/wait.ts'
import { refuseOtherThanGet, sendJson } from './json.ts'
import { type MetricsText, sendMetrics } from './metrics-server.ts'

const CHECK_TIMEOUT_MS = 2_000

type Check = 'ok' | 'away' | 'unmigrated'

export interface HealthRoutes {
  /** @returns whether the path was one of ours. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): boolean
  close(): Promise<void>
}

export interface HealthInput {
  /** Undefined while it isn't known yet, which counts as starting. */
  databaseUrl: () => string | undefined
  /** Whether that URL leads to a pooler in transaction mode. */
  isPooled: boolean
  /** What guests use; undefined until the app is open. */
  database: () => Database | undefined
  /** Undefined until the app is open. */
  pubsub: () => Pubsub | undefined
  /** Whether a worker was seen of late; undefined until the app is open. */
  workerSeen: () => boolean | undefined
  state: () => 'starting' | 'serving' | 'stopping'
  /** What `/metrics` serves; undefined where it is on a port of its own. */
  metrics?: MetricsText
  log: Logger
}

/**
 * `/healthz`, `/readyz` and `/metrics`, which answer in every state of the process. The first two are for everybody: they
 * say words of state, and neither versions nor names of servers nor errors, which are in the log.
 */
export function createHealthRoutes(input: HealthInput): HealthRoutes {
  const database = createDatabaseCheck(input)
  const ready = async (response: ServerResponse) => {
    const state = input.state()
    const found = await database.check()
    const redis = input.pubsub()?.connected() === true ? 'ok' : 'away'
    const workers = input.workerSeen() === true ? 'ok' : 'away'
    const isReady = state === 'serving' && found === 'ok'
    const isWhole = redis === 'ok' && workers === 'ok'
    const status = isReady ? (isWhole ? 'ok' : 'degraded') : state === 'serving' ? 'unavailable' : state
    sendJson(response, isReady ? 200 : 503, { status, database: found, redis, workers })
  }
  const routes: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/healthz': async (response) => sendJson(response, 200, { status: 'ok' }),
    '/readyz': ready,
  }
  const { metrics } = input
  if (metrics) routes['/metrics'] = (response) => sendMetrics(response, metrics)
  return {
    handle(request, response, path) {
      const route = routes[path]
      if (!route) return false
      if (refuseOtherThanGet(request, response)) return true
      route(response).catch((error: unknown) => {
        input.log.error({ err: error }, 'health route failed')
        if (!response.headersSent) sendJson(response, 500, { message: 'Unexpected error.' })
      })
      return true
    },
    close: database.close,
  }
}

/** Uses what guests use, so that it tells what they see; until there is that, a connection of its own. */
function createDatabaseCheck({ database, databaseUrl, isPooled, log }: HealthInput) {
  let early: Pool | undefined
  let running: Promise<Check> | undefined

  const findMissing = async (url: string): Promise<string[]> => {
    const db = database()
    if (db) return missingMigrations((sql) => db.$queryRawUnsafe(sql))
    early ??= openPool(url, { size: 1, name: 'looklook-pay readiness', patience: GUEST_PATIENCE, isPooled })
    return missingMigrations(queryThrough(early))
  }
  const query = async (): Promise<Check> => {
    const url = databaseUrl()
    if (url === undefined) return 'away'
    try {
      const missing = await inTime(() => findMissing(url), CHECK_TIMEOUT_MS)
      return missing.length === 0 ? 'ok' : 'unmigrated'
    } catch (error) {
      log.debug({ reason: describeReason(error) }, 'database unavailable')
      return 'away'
    }
  }
  const check = () => (running ??= query().finally(() => (running = undefined)))
  return { check, close: async () => early?.end() }
}
