import { Prisma } from '../../../prisma/client/client.ts'
import type { Database } from '../../infra/database.ts'
import { queryRows } from '../../infra/statement.ts'

/** What came in within an hour, by our clock: when it was settled here. */
export interface Hour {
  at: Date
  /** How many payments were settled. */
  payments: number
  fen: number
  /** How many attempts to pay were made. */
  taps: number
}

export interface Hours {
  /** So many hours, the one that runs included, each of them also when nothing came in; oldest first. */
  read(count: number): Promise<Hour[]>
}

const HOUR_MS = 3_600_000
/** No transaction that was at work in an hour takes so long to commit. */
const SETTLED_AFTER_MS = 600_000
/** A statement must end within its time, also where a year's payments come in a day. */
const HOURS_AT_ONCE = 24

/**
 * Counts hours from the trail of payments, which is append-only: an hour that is over is counted once, and kept. So whoever
 * watches costs no more on a busy day than in its last hour.
 *
 * @param most hours that are kept.
 */
export function createHours(db: Database, most: number): Hours {
  const kept = new Map<number, Hour>()
  const count = async (from: number, until: number): Promise<void> => {
    const found = await countHours(db, new Date(from), new Date(until))
    const counted = new Map(found.map((hour) => [hour.at.getTime(), hour]))
    for (let at = from; at < until; at += HOUR_MS) {
      const hour = counted.get(at)
      kept.set(at, hour ?? { at: new Date(at), payments: 0, fen: 0, taps: 0 })
    }
  }
  const forget = (now: number) => {
    for (const at of kept.keys()) {
      if (at + HOUR_MS + SETTLED_AFTER_MS > now || at < now - most * HOUR_MS) kept.delete(at)
    }
  }
  return {
    read: async (hours) => {
      const now = Date.now()
      const last = Math.floor(now / HOUR_MS) * HOUR_MS
      const starts = Array.from({ length: hours }, (_, index) => last - (hours - 1 - index) * HOUR_MS)
      forget(now)
      for (const [from, until] of spansOf(starts.filter((at) => !kept.has(at)))) await count(from, until)
      return starts.flatMap((at) => kept.get(at) ?? [])
    },
  }
}

/** Hours that follow each other, as spans of a day at the most. */
function spansOf(starts: number[]): [from: number, until: number][] {
  const spans: [number, number][] = []
  for (const at of starts) {
    const last = spans.at(-1)
    if (last && last[1] === at && at - last[0] < HOURS_AT_ONCE * HOUR_MS) last[1] = at + HOUR_MS
    else spans.push([at, at + HOUR_MS])
  }
  return spans
}

function countHours(db: Database, from: Date, until: Date): Promise<Hour[]> {
  return queryRows(
    db,
    Prisma.sql`
    SELECT date_trunc('hour', e.at, 'UTC') AS at,
      count(*) FILTER (WHERE ${IS_PAID})::int AS payments,
      coalesce(sum(e."paidTotal") FILTER (WHERE ${IS_PAID}), 0)::float8 AS fen,
      count(*) FILTER (WHERE e."fromStatus" IS NULL)::int AS taps
    FROM payment_event e WHERE e.at >= ${from} AND e.at < ${until} AND (e."fromStatus" IS NULL OR ${IS_PAID})
    GROUP BY 1`,
  )
}

/** SQL: that an event `e` is a payment's settlement. */
export const IS_PAID = Prisma.sql`e."fromStatus" IN ('PENDING', 'CLOSED') AND e."toStatus" = 'SUCCESS'`
