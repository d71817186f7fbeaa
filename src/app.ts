import type { Logger } from 'pino'
import type { AppConfig } from './config.ts'
import type { Deps, GuestDatabases } from './deps.ts'
import { type Database, type DatabaseOptions, openDatabase } from './infra/database.ts'
import { openMetrics } from './infra/metrics.ts'
import { GUEST_PATIENCE, JOB_PATIENCE, NOTICE_PATIENCE, type Patience } from './infra/pool.ts'
import { openPubsub } from './infra/pubsub.ts'
import { openQueue } from './infra/queue.ts'
import { poolOf } from './infra/statement.ts'
import { databaseTokenStore } from './infra/token-store.ts'
import { bindToWechat } from './infra/wechat-binding.ts'
import { createCallRecorder } from './infra/wechat-calls.ts'
import { homestayOrderPayable } from './order/payable.ts'
import type { Payable } from './payment/payable.ts'
import type { ServiceType } from './payment/service-types.ts'
import { openMiniProgram } from './wechat/mini-program.ts'
import { openWechatPay } from './wechat/pay.ts'
import { createWechatWatch, type WatchOptions } from './wechat/watch.ts'

/** How long running jobs may take once the process stops; `process.ts` cuts off whatever is left. */
const JOBS_FINISH_WITHIN_MS = 8_000

/**
 * Connections per process, by who uses them, so that no crowd keeps the others waiting. They are opened on demand and closed
 * after 10 s without use; docs/operations.md adds them up.
 */
const POOL_SIZES = { reads: 8, mutations: 6, sessions: 2, notices: 6, jobs: 10, calls: 1 }

export interface App {
  /** For requests. */
  deps: Deps
  /** For jobs and loops, on connections of their own that wait longer. */
  workerDeps: Deps
  /** Connections of guests beside those of `deps`, which are for what they read. */
  guestDatabases: GuestDatabases
  /** Closes everything in the reverse order of its opening. */
  close(): Promise<void>
}

export interface AppOptions {
  log: Logger
  /** Whether this process works on jobs, or only enqueues them. */
  role: 'send' | 'work'
  /** What stands before the pub/sub, if anything does. */
  wrapPubsub?: (pubsub: Deps['pubsub']) => Deps['pubsub']
}

/**
 * Connects to the servers and puts the parts together. The database must be migrated.
 *
 * @throws {WrongWechatError} when the database belongs to another WeChat than the configuration names.
 */
export async function openApp(config: AppConfig, { log, role, wrapPubsub }: AppOptions): Promise<App> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    const isPooled = !config.preparedStatements
    const idle: DatabaseOptions['idle'] = new Set()
    const open = (poolSize: number, patience: Patience) => {
      const opened = openDatabase(config.databaseUrl, { poolSize, patience, isPooled, idle, log })
      closers.push(() => opened.$disconnect())
      return opened
    }
    const db = open(POOL_SIZES.reads, GUEST_PATIENCE)
    const guestDatabases = {
      mutations: open(POOL_SIZES.mutations, GUEST_PATIENCE),
      sessions: open(POOL_SIZES.sessions, GUEST_PATIENCE),
    }
    const settleDb = open(POOL_SIZES.notices, NOTICE_PATIENCE)
    const jobDb = open(POOL_SIZES.jobs, JOB_PATIENCE)
    const callDb = open(POOL_SIZES.calls, JOB_PATIENCE)
    const databaseId = await bindToWechat(db, config.wechat)

    const queue = await openQueue(config.databaseDirectUrl ?? config.databaseUrl, role, log)
    closers.push(() => queue.stop({ graceful: true, timeout: JOBS_FINISH_WITHIN_MS }))
    const app = assembleApp(config, { log, db, settleDb, callDb, queue, databaseId, wrapPubsub })
    // Before the queue in this list, so that it closes after it: the queue's handlers use everything else.
    closers.splice(-1, 0, app.close)
    const { pools } = app.deps.metrics
    const databases = { reads: db, ...guestDatabases, notices: settleDb, jobs: jobDb, calls: callDb }
    for (const [name, database] of Object.entries(databases)) {
      const pool = poolOf(database)
      if (pool) pools.set(name, pool)
    }
    pools.set('queue', queue.pool)
    return { deps: app.deps, workerDeps: { ...app.deps, db: jobDb }, guestDatabases, close }
  } catch (error) {
    await close()
    throw error
  }
}

type AssembledFrom = Pick<Deps, 'log' | 'db' | 'settleDb' | 'queue'> &
  Pick<AppOptions, 'wrapPubsub'> & {
    databaseId: string
    /** Where calls to WeChat are kept; `db` by default. */
    callDb?: Database
  }

/** Puts an app together over connections to PostgreSQL that are there already, and stay open when it is closed. */
export function assembleApp(
  config: AppConfig,
  { databaseId, wrapPubsub = (pubsub) => pubsub, callDb, ...connections }: AssembledFrom,
): Pick<App, 'deps' | 'close'> {
  const { log, db, settleDb } = connections
  const metrics = openMetrics()
  const calls = createCallRecorder({ db: callDb ?? db, log, metrics })
  const onSkew: WatchOptions['onSkew'] = ({ api, seconds }) => metrics.wechatClockSkew.set({ api }, seconds)
  const onCall: WatchOptions['onCall'] = ({ seconds, ...labels }) => metrics.wechatCallSeconds.observe(labels, seconds)
  const watch = createWechatWatch({ log, onSkew, onCall, keep: calls.record })
  const wechat = openWechatPay(config.wechat.pay, { log, watch })
  const mini = openMiniProgram(config.wechat.mini, { tokenStore: databaseTokenStore(settleDb), watch })
  const pubsub = wrapPubsub(openPubsub({ redisUrl: config.redisUrl, databaseId, log }))
  const payables: Record<ServiceType, Payable> = { HOMESTAY_ORDER: homestayOrderPayable }
  return {
    deps: { ...connections, config, pubsub, wechat, mini, payables, metrics },
    close: async () => {
      await mini.close()
      await wechat.close()
      await calls.stop()
      await pubsub.close()
    },
  }
}
