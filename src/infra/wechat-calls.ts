import type { Logger } from 'pino'
import { Prisma } from '../../prisma/client/client.ts'
import type { KeptCall } from '../wechat/watch.ts'
import { asJson, type Database } from './database.ts'
import type { Metrics } from './metrics.ts'
import { queryRows } from './statement.ts'
import { inTime } from './wait.ts'

/**
 * What passed between WeChat and us, for whoever looks into a payment later: each try of a call, and each notice that isn't
 * in the trail. A payment never waits for it:
 *
 * - QUEUED: in memory, by whoever made the call.
 * - WRITTEN: a moment later, many by one statement, one statement at a time, over a connection that nobody else uses.
 * - DROPPED: what comes while too many are queued, and what a failing statement was to write. It is counted, and said in the
 *   log.
 */

/** More than WeChat takes from one merchant in two seconds. */
const MAX_QUEUED = 5_000

const AT_ONCE = 500

/** What comes within so long is written together. */
const GATHER_MS = 250

/** How long the last ones may take when the process stops. */
const STOP_WITHIN_MS = 1_000

/** Meanwhile clocks drift by less than a millisecond. */
const COMPARE_EVERY_MS = 60_000
const COMPARISONS = 3

/** What was dropped is said once in this time. */
const SAY_EVERY_MS = 60_000

const KEPT_DAYS = 90
const DELETE_AT_ONCE = 1_000

export interface CallRecorder {
  /** Never throws, and returns at once. */
  record(call: KeptCall): void
  /** Writes what is queued, and no more after that. */
  stop(): Promise<void>
}

interface RecorderInput {
  db: Database
  log: Logger
  metrics: Pick<Metrics, 'wechatCallsDropped'>
  maxQueued?: number
}

export function createCallRecorder({ db, log, metrics, maxQueued = MAX_QUEUED }: RecorderInput): CallRecorder {
  const drop = createDropper(log, metrics)
  const readClock = createClock(db)
  let queued: KeptCall[] = []
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const writeAll = async () => {
    while (queued.length > 0) {
      const calls = queued.slice(0, AT_ONCE)
      queued = queued.slice(AT_ONCE)
      await readClock()
        .then((toDate) => writeCalls(db, calls, toDate))
        .catch((error: unknown) => drop(calls.length, error))
    }
  }
  const write = () => {
    timer = undefined
    writing ??= writeAll().finally(() => (writing = undefined))
    return writing
  }
  return {
    record: (call) => {
      if (isStopped || queued.length >= maxQueued) return drop(1)
      queued.push(call)
      // The process needn't stay for it; `stop` writes what is left.
      timer ??= setTimeout(() => void write(), GATHER_MS).unref()
    },
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await inTime(async () => {
        // What came while one was about to end waits for another.
        await writing
        await write()
      }, STOP_WITHIN_MS).catch((error: unknown) => drop(queued.length, error))
    },
  }
}

type ToDate = (ms: number) => Date

/** A comparison of our clock with the database's, which is ahead of it by something between these. */
interface Comparison {
  atLeastMs: number
  atMostMs: number
}

/**
 * @returns a function that compares our clock with the database's, by which everything else in a timeline stands, and gives
 *   what turns an instant of `performance.now()` into one of that clock. A call mustn't come after what followed from it, nor
 *   before what led to it: so clocks that may agree, as far as the fastest of some answers tells, are taken to agree.
 */
function createClock(db: Database): () => Promise<ToDate> {
  let best: Comparison = { atLeastMs: Number.NEGATIVE_INFINITY, atMostMs: Number.POSITIVE_INFINITY }
  let comparedMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - comparedMs > COMPARE_EVERY_MS) {
      best = await compareClocks(db)
      comparedMs = performance.now()
    }
    const { atLeastMs, atMostMs } = best
    const aheadMs = atLeastMs <= 0 && atMostMs >= 0 ? 0 : (atLeastMs + atMostMs) / 2
    // The end of the millisecond: what led to a call is rounded, and was before it.
    const originMs = Date.now() + 1 - performance.now() + aheadMs
    return (ms) => new Date(originMs + ms)
  }
}

/** The most exact of a few; the first one opens the connection. */
async function compareClocks(db: Database): Promise<Comparison> {
  const comparisons: Comparison[] = []
  for (let count = 0; count < COMPARISONS; count++) {
    const askedMs = Date.now()
    const [row] = await queryRows<{ now: Date }>(db, Prisma.sql`SELECT clock_timestamp() AS now`)
    const readMs = Date.now()
    // Ours is cut to whole milliseconds, so each may be later by almost one.
    if (row) comparisons.push({ atLeastMs: row.now.getTime() - readMs - 1, atMostMs: row.now.getTime() + 1 - askedMs })
  }
  const [best] = comparisons.toSorted((a, b) => a.atMostMs - a.atLeastMs - (b.atMostMs - b.atLeastMs))
  if (!best) throw new Error('the database does not say what time it is')
  return best
}

async function writeCalls(db: Database, calls: KeptCall[], toDate: ToDate): Promise<void> {
  const rows = calls.map(({ startedMs, endedMs, code, tradeState, ...call }) => ({
    ...call,
    code: code ?? tradeState,
    at: toDate(startedMs),
    durationMs: Math.round(endedMs - startedMs),
  }))
  await db.$executeRaw`
    INSERT INTO wechat_call (number, at, endpoint, status, code, "requestId", "durationMs")
    SELECT number, at, endpoint, status, code, "requestId", "durationMs"
    FROM json_to_recordset(${asJson(rows)}::json) AS c(number text, at timestamptz, endpoint text, status int, code text,
      "requestId" text, "durationMs" int)`
}

function createDropper(log: Logger, { wechatCallsDropped }: RecorderInput['metrics']) {
  let since = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return (count: number, error?: unknown): void => {
    if (count === 0) return
    wechatCallsDropped.inc(count)
    since += count
    if (performance.now() - saidAt < SAY_EVERY_MS) return
    saidAt = performance.now()
    log.warn({ err: error, count: since }, 'calls to WeChat not kept, timelines lack them')
    since = 0
  }
}

/** Deletes calls of long ago, in batches. @returns true when there may be more. */
export async function deletePastCalls({ db }: { db: Database }): Promise<boolean> {
  const deleted = await db.$executeRaw`
    DELETE FROM wechat_call WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM wechat_call WHERE at < now() - make_interval(days => ${KEPT_DAYS})
      ORDER BY at LIMIT ${DELETE_AT_ONCE} FOR UPDATE SKIP LOCKED))`
  return deleted >= DELETE_AT_ONCE
}
