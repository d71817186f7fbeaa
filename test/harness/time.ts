import { onTestFinished, vi } from 'vitest'
import type { TestApp } from './app.ts'

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

/** Stops this process's clock until the test ends; the database's goes on. */
export function stopClock(): { forward(seconds: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  return { forward: (seconds) => void vi.setSystemTime(Date.now() + seconds * 1_000) }
}
