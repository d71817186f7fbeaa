import { Prisma } from '../../prisma/client/client.ts'
import type { Database } from './database.ts'
import type { Metrics } from './metrics.ts'
import { DEAD_LETTERS } from './queue.ts'
import { queryRows } from './statement.ts'

/** Of more than this, nobody needs the number. */
const COUNTED_AT_MOST = 1_000

/** Measures what waits in the queues, and what is dead. Those of listeners are among them. */
export async function measureJobs({ db, metrics }: { db: Database; metrics: Metrics }): Promise<void> {
  const waiting = await queryRows<{ queue: string; count: number; seconds: number }>(
    db,
    // As pg-boss finds what it fetches, whose index this is.
    Prisma.sql`
    SELECT q.name AS queue, count(j.created_on)::int AS count,
      COALESCE(max(extract(epoch FROM now() - j.created_on)), 0)::float8 AS seconds
    FROM pgboss.queue q LEFT JOIN LATERAL (
      SELECT created_on FROM pgboss.job WHERE name = q.name AND state < 'active' AND NOT blocked
      ORDER BY priority DESC, created_on LIMIT ${COUNTED_AT_MOST}) j ON true
    WHERE q.name <> ${DEAD_LETTERS} GROUP BY q.name`,
  )
  for (const { queue, count, seconds } of waiting) {
    metrics.jobsWaiting.set({ queue }, count)
    metrics.oldestJobSeconds.set({ queue }, seconds)
  }
  const dead = await queryRows<{ queue: string | null; count: number }>(
    db,
    Prisma.sql`
    -- All of them: one of a job counts among any number of another's.
    SELECT source_name AS queue, count(*)::int AS count
    FROM pgboss.job WHERE name = ${DEAD_LETTERS} AND state < 'active' AND NOT blocked GROUP BY source_name`,
  )
  const counts = new Map(dead.map(({ queue, count }) => [queue, count]))
  for (const { queue } of waiting) metrics.deadLetters.set({ queue }, counts.get(queue) ?? 0)
}
