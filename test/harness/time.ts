import { onTestFinished, vi } from 'vitest'
import { databaseNow } from '../../src/infra/database.ts'
import { expect, type TestApp } from './app.ts'

/** Every column of ours whose instant a deadline or a schedule is measured from. */
const INSTANTS = {
  homestay_order: ['payBefore', 'nextCloseAt', 'usedAt', 'createdAt'],
  payment: [
    'createdAt',
    'closedAt',
    'nextRecheckAt',
    'lastQueriedAt',
    'queuedAt',
    'prepayIdAt',
    'heldAt',
    'underReviewAt',
  ],
  payment_event: ['at'],
  payment_mismatch: ['createdAt'],
  refund: ['createdAt', 'nextAdvanceAt', 'endedAt'],
  message: ['createdAt', 'nextTryAt'],
} as const

/**
 * Lets time pass for our stored rows, by moving every instant back. The triggers that keep facts unchanged are off
 * meanwhile; WeChat's clock doesn't move.
 */
export async function letPass({ deps }: TestApp, seconds: number): Promise<void> {
  const moves = Object.entries(INSTANTS).map(([table, columns]) => {
    const set = columns.map((column) => `"${column}" = "${column}" - interval '${seconds} s'`)
    return deps.db.$executeRawUnsafe(`UPDATE "${table}" SET ${set.join(', ')}`)
  })
  await deps.db.$transaction([deps.db.$executeRawUnsafe(`SET LOCAL session_replication_role = replica`), ...moves])
}

/** Seconds from the database's current time to an instant; negative when it has passed. */
export async function secondsUntil({ deps }: TestApp, instant: Date | null): Promise<number> {
  const [row] = await deps.db.$queryRaw<[{ seconds: number }]>`
    SELECT extract(epoch FROM ${instant}::timestamptz - now())::float8 AS seconds`
  return row.seconds
}

/** The database's clock before and after something was done. */
export interface Span {
  from: Date
  to: Date
}

/** Runs `body`. @returns the times between which it ran. */
export async function timed({ deps }: TestApp, body: () => Promise<unknown>): Promise<Span> {
  const from = await databaseNow(deps.db)
  await body()
  return { from, to: await databaseNow(deps.db) }
}

/** Asserts that an instant stored within the span is `seconds` ahead of when it was stored, however long the span is. */
export function expectAhead(instant: Date | null, seconds: number, { from, to }: Span): void {
  const since = instant && new Date(instant.getTime() - seconds * 1_000)
  // Columns keep milliseconds, rounded.
  expect(since?.getTime(), `not ${seconds} s ahead`).toBeGreaterThanOrEqual(from.getTime() - 1)
  expect(since?.getTime(), `not ${seconds} s ahead`).toBeLessThanOrEqual(to.getTime() + 1)
}

/**
 * From here on each query of a payment is recorded a minute later than it was made: the interval between two queries
 * lasts that much longer, so that a slow test doesn't outlast it.
 */
export async function prolongQueryInterval({ deps: { db } }: TestApp): Promise<void> {
  await db.$executeRaw`
    CREATE FUNCTION prolong_query_interval() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN NEW."lastQueriedAt" := NEW."lastQueriedAt" + interval '1 minute'; RETURN NEW; END $$`
  await db.$executeRaw`
    CREATE TRIGGER prolong_query_interval BEFORE UPDATE OF "lastQueriedAt" ON payment
    FOR EACH ROW EXECUTE FUNCTION prolong_query_interval()`
}

/** Stops this process's clocks, that of `Date` and that of `performance`, until the test ends; the database's goes on. */
export function stopClock(): { forward(seconds: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  // As a fake timer it would begin at 0, and what began before would lie ahead.
  let stoppedAt = performance.now()
  const stopped = vi.spyOn(performance, 'now').mockImplementation(() => stoppedAt)
  onTestFinished(() => {
    stopped.mockRestore()
    vi.useRealTimers()
  })
  return {
    forward: (seconds) => {
      stoppedAt += seconds * 1_000
      vi.setSystemTime(Date.now() + seconds * 1_000)
    },
  }
}
