import type { Job, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { Prisma } from '../../prisma/client/client.ts'
import type { Database } from './database.ts'
import type { Metrics } from './metrics.ts'
import { inTime } from './wait.ts'

/**
 * Who works on a job, and what becomes of it when that worker dies. pg-boss would notice after `expireInSeconds`, or by
 * its own heartbeats after 10 s; here it takes some 4 s:
 *
 * - CLAIM: fetching a job stamps its `heartbeat_on` (pg-boss), and its worker renews the stamp every second.
 * - ABANDONED: the stamp is older than 2 s in two looks a second apart. Any worker gives such a job back, to be taken at
 *   once. One look isn't enough: after an outage of the database every claim looks old until it can be renewed.
 *
 * A job that is given back counts as retried, so a job that kills its workers ends, and the retry's number tells pg-boss
 * to ignore what a frozen worker says about it later. Jobs without a retry left expire as pg-boss has it.
 */

const RENEW_EVERY_MS = 1_000
const RENEW_WITHIN_MS = 900
const ABANDONED_AFTER_SECONDS = 2

/** How often a worker has to look for abandoned jobs, in ms. */
export const LOOK_EVERY_MS = 1_000

/** Runs `work` on the jobs fetched from a queue, whose claims are renewed until it has ended. */
export async function whileClaimed<Result>(
  { queue, log }: { queue: PgBoss; log: Logger },
  { name, claimed }: { name: string; claimed: Job[] },
  work: () => Promise<Result>,
): Promise<Result> {
  let isRenewing = false
  const renew = async () => {
    if (isRenewing) return
    isRenewing = true
    try {
      // One that hangs must not keep the next ones, which use another connection, from renewing.
      await inTime(() => queue.touch(name, claimed), RENEW_WITHIN_MS)
    } catch (error) {
      log.warn({ err: error }, 'job claims not renewed, trying again')
    } finally {
      isRenewing = false
    }
  }
  const timer = setInterval(() => void renew(), RENEW_EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/**
 * A loop's run that gives the jobs of dead and frozen workers back to their queues. Safe to run in any number of
 * processes.
 *
 * @param wake lets this process's workers fetch at once, instead of at their next poll.
 */
export function createAbandonedJobsLoop(
  { db, log, metrics }: { db: Database; log: Logger; metrics: Pick<Metrics, 'jobs'> },
  wake: () => void,
) {
  let suspects: string[] = []

  return async (): Promise<boolean> => {
    const abandoned = suspects.length === 0 ? [] : await giveBack(db, suspects)
    for (const { id, name } of abandoned) {
      metrics.jobs.inc({ queue: name, outcome: 'abandoned' })
      log.warn({ job: name, jobId: id }, 'job of a dead or frozen worker returned to its queue')
    }
    if (abandoned.length > 0) wake()

    suspects = await findSuspects(db)
    return false
  }
}

const IS_SUSPECT = Prisma.sql`
  name = ANY(ARRAY(SELECT name FROM pgboss.queue)) AND state = 'active' AND retry_count < retry_limit
  AND heartbeat_on < clock_timestamp() - make_interval(secs => ${ABANDONED_AFTER_SECONDS})`

async function findSuspects(db: Database): Promise<string[]> {
  const found = await db.$queryRaw<{ id: string }[]>`SELECT id::text FROM pgboss.job WHERE ${IS_SUSPECT}`
  return found.map(({ id }) => id)
}

/** @returns those of the jobs that are still suspects; other processes give back the same at the same time. */
function giveBack(db: Database, ids: string[]): Promise<{ id: string; name: string }[]> {
  return db.$queryRaw`
    UPDATE pgboss.job SET state = 'retry', start_after = now()
    WHERE ${IS_SUSPECT} AND id = ANY(${ids}::uuid[]) RETURNING id::text, name`
}
