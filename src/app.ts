import type { Logger } from 'pino'
import type { AppConfig } from './config.ts'
import type { Deps } from './deps.ts'
import { openDatabase } from './infra/database.ts'
import { openMetrics } from './infra/metrics.ts'
import { openPubsub } from './infra/pubsub.ts'
import { openQueue } from './infra/queue.ts'
import { databaseTokenStore } from './infra/token-store.ts'
import { bindToWechat } from './infra/wechat-binding.ts'
import { homestayOrderPayable } from './order/payable.ts'
import type { Payable } from './payment/payable.ts'
import type { ServiceType } from './payment/service-types.ts'
import { openMiniProgram } from './wechat/mini-program.ts'
import { openWechatPay } from './wechat/pay.ts'
import { createWechatWatch, type WatchOptions } from './wechat/watch.ts'

/** WeChat counts a notice as lost after 5 s: it is better to refuse it early, so that it comes again. */
const NOTICE_TIMEOUTS = { lockTimeoutMs: 500, statementTimeoutMs: 2_000 }

/** How long running jobs may take once the process stops; `process.ts` cuts off whatever is left. */
const JOBS_FINISH_WITHIN_MS = 8_000

export interface App {
  deps: Deps
  /** Closes everything in the reverse order of its opening. */
  close(): Promise<void>
}

/**
 * Connects to the servers and puts the parts together. The database must be migrated.
 *
 * @param role whether this process works on jobs, or only enqueues them.
 * @throws {WrongWechatError} when the database belongs to another WeChat than the configuration names.
 */
export async function openApp(config: AppConfig, { log, role }: { log: Logger; role: 'send' | 'work' }): Promise<App> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    const db = openDatabase(config.databaseUrl, { log })
    closers.push(() => db.$disconnect())
    const settleDb = openDatabase(config.databaseUrl, { ...NOTICE_TIMEOUTS, log })
    closers.push(() => settleDb.$disconnect())
    const databaseId = await bindToWechat(db, config.wechat)

    const queue = await openQueue(config.databaseUrl, role, log)
    closers.push(() => queue.stop({ graceful: true, timeout: JOBS_FINISH_WITHIN_MS }))
    const app = assembleApp(config, { log, db, settleDb, queue, databaseId })
    // Before the queue in this list, so that it closes after it: the queue's handlers use everything else.
    closers.splice(-1, 0, app.close)
    return { deps: app.deps, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Puts an app together over connections to PostgreSQL that are there already, and stay open when it is closed. */
export function assembleApp(
  config: AppConfig,
  { databaseId, ...connections }: Pick<Deps, 'log' | 'db' | 'settleDb' | 'queue'> & { databaseId: string },
): App {
  const { log, db, queue } = connections
  const metrics = openMetrics()
  const onSkew: WatchOptions['onSkew'] = ({ api, seconds }) => metrics.wechatClockSkew.set({ api }, seconds)
  const watch = createWechatWatch({ log, onSkew })
  const wechat = openWechatPay(config.wechat.pay, { log, watch })
  const mini = openMiniProgram(config.wechat.mini, { tokenStore: databaseTokenStore(db), watch })
  const pubsub = openPubsub({ redisUrl: config.redisUrl, databaseId, log })
  const payables: Record<ServiceType, Payable> = { HOMESTAY_ORDER: homestayOrderPayable(queue) }
  return {
    deps: { ...connections, config, pubsub, wechat, mini, payables, metrics },
    close: async () => {
      await mini.close()
      await wechat.close()
      await pubsub.close()
    },
  }
}
