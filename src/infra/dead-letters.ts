import { fromPrisma } from 'pg-boss'
import type { Tx } from './database.ts'
import { DEAD_LETTERS, type Queue } from './queue.ts'

/** A job that no retry could help, as an operator sees it. */
export interface DeadLetter {
  id: string
  /** The job that it was. */
  job: string
  data: unknown
  deadSince: Date
  /** How often it was retried. */
  retries: number | null
}

/** Those that wait for a person, oldest first. Those that somebody has replayed aren't among them. */
export function listDeadLetters(db: Pick<Tx, '$queryRaw'>, { limit }: { limit: number }): Promise<DeadLetter[]> {
  return db.$queryRaw`
    SELECT id::text, source_name AS job, data, created_on AS "deadSince", source_retry_count AS retries
    FROM pgboss.job WHERE name = ${DEAD_LETTERS} AND state < 'active' ORDER BY created_on, id LIMIT ${limit}`
}

/** Those of these that wait, locked until `tx` ends. */
export function lockDeadLetters(tx: Pick<Tx, '$queryRaw'>, ids: string[]): Promise<DeadLetter[]> {
  return tx.$queryRaw`
    SELECT id::text, source_name AS job, data, created_on AS "deadSince", source_retry_count AS retries
    FROM pgboss.job WHERE name = ${DEAD_LETTERS} AND state < 'active' AND id::text = ANY(${ids})
    ORDER BY created_on, id FOR UPDATE`
}

/**
 * Enqueues them again as the jobs that they were, as new ones.
 *
 * @returns the ids of those that were; one whose queue is gone, or has that job already, stays.
 */
export async function replayDeadLetters(queue: Queue, tx: Tx, ids: string[]): Promise<Set<string>> {
  const count = await queue.redrive(DEAD_LETTERS, { ids, limit: ids.length, db: fromPrisma(tx) })
  if (count === ids.length) return new Set(ids)
  const left = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM pgboss.job WHERE name = ${DEAD_LETTERS} AND id::text = ANY(${ids})`
  const stayed = new Set(left.map(({ id }) => id))
  return new Set(ids.filter((id) => !stayed.has(id)))
}

/** Deletes them: nobody does their work. @returns how many. */
export function dropDeadLetters(tx: Tx, ids: string[]): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM pgboss.job WHERE name = ${DEAD_LETTERS} AND state < 'active' AND id::text = ANY(${ids})`
}
