import type { Logger } from 'pino'
import type { Payment } from '../prisma/client/client.ts'
import type { AppConfig } from './config.ts'
import type { Database } from './infra/database.ts'
import type { Metrics } from './infra/metrics.ts'
import type { Pubsub } from './infra/pubsub.ts'
import type { Queue } from './infra/queue.ts'
import type { LivePayments } from './payment/live/live-payments.ts'
import type { Payables } from './payment/payable.ts'
import type { WechatPay } from './wechat/merchant.ts'
import type { MiniProgram } from './wechat/mini-program.ts'

/** The first argument of every business function; created once, by `openApp`. */
export interface Deps {
  config: AppConfig
  log: Logger
  /**
   * For everything but notices. Queries, mutations, sessions and jobs each get a pool of their own here (app.ts), so that
   * none starves the others.
   */
  db: Database
  /** For settling and for notices: connections whose statements wait for a lock 500 ms at most, and run 2 s at most. */
  settleDb: Database
  queue: Queue
  pubsub: Pubsub<Payment>
  wechat: WechatPay
  mini: MiniProgram
  payables: Payables
  metrics: Metrics
}

/** Connections of their own for what must not wait behind guests who read. */
export interface GuestDatabases {
  mutations: Database
  sessions: Database
}

/** What resolvers get besides: made once by the GraphQL server, which ends it. */
export interface ApiDeps extends Deps {
  live: LivePayments
}
