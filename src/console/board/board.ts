import { Prisma, type Worker } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import type { Database } from '../../infra/database.ts'
import { shanghaiDay, startOfShanghaiDay } from '../../infra/shanghai.ts'
import { queryRows } from '../../infra/statement.ts'
import { listWorkers } from '../../infra/worker-rows.ts'
import { type Hours, IS_PAID } from './hours.ts'
import { readWaiting, type Waiting } from './waiting.ts'

/** How it goes, at one moment. */
export interface Board {
  at: Date
  /** Of today in China, by when it was settled here. */
  todayPayments: number
  todayFen: number
  todayTaps: number
  tapToPaid: TapToPaid
  /** Of the last hour, those that come most often first. */
  wechatAnswers: WechatAnswer[]
  waiting: Waiting
  /** Those that were seen within the last hour. */
  workers: Worker[]
}

/** Seconds from the attempt to its settlement here, of the payments of the last hour; null while there are none. */
export interface TapToPaid {
  p50: number | null
  p95: number | null
}

export interface WechatAnswer {
  endpoint: string
  /** Null where no answer came. */
  status: number | null
  /** WeChat's for an error, or why there is no answer that counts; of a query that it answers, the `trade_state`. */
  code: string | null
  count: number
}

const HOUR_MS = 3_600_000
export const MOST_ANSWERS = 100

export async function readBoard(deps: Pick<Deps, 'db' | 'config'>, hours: Hours): Promise<Board> {
  const { db } = deps
  const at = new Date()
  const sinceMidnightMs = at.getTime() - startOfShanghaiDay(shanghaiDay(at)).getTime()
  const today = await hours.read(Math.floor(sinceMidnightMs / HOUR_MS) + 1)
  const sum = (of: 'payments' | 'fen' | 'taps') => today.reduce((total, hour) => total + hour[of], 0)
  return {
    at,
    todayPayments: sum('payments'),
    todayFen: sum('fen'),
    todayTaps: sum('taps'),
    tapToPaid: await readTapToPaid(db),
    wechatAnswers: await readAnswers(db),
    waiting: await readWaiting(deps),
    workers: await listWorkers(db),
  }
}

async function readTapToPaid(db: Database): Promise<TapToPaid> {
  const [read] = await queryRows<TapToPaid>(
    db,
    Prisma.sql`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
    FROM (
      SELECT extract(epoch FROM e.at - (SELECT "createdAt" FROM payment p WHERE p.sn = e."paymentSn"))::float8 AS seconds
      FROM payment_event e WHERE e.at >= now() - interval '1 hour' AND ${IS_PAID}) paid`,
  )
  return read ?? { p50: null, p95: null }
}

/** Notices stand in the same table: those are WeChat's questions, and our answers. */
function readAnswers(db: Database): Promise<WechatAnswer[]> {
  return queryRows(
    db,
    Prisma.sql`
    SELECT endpoint, status, code, count(*)::int AS count FROM wechat_call
    WHERE at >= now() - interval '1 hour' AND endpoint NOT LIKE 'notice %'
    GROUP BY endpoint, status, code ORDER BY count DESC, endpoint, status, code LIMIT ${MOST_ANSWERS}::int`,
  )
}
