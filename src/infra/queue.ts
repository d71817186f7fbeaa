import type { Pool } from 'pg'
import { type ConstructorOptions, fromPrisma, PgBoss, type StopOptions } from 'pg-boss'
import type { Logger } from 'pino'
import type { z } from 'zod'
import { DomainError } from '../errors.ts'
import { type Job, jobs } from '../jobs.ts'
import { whileClaimed } from './claims.ts'
import type { Tx } from './database.ts'
import type { Metrics } from './metrics.ts'
import { JOB_PATIENCE, openPool } from './pool.ts'
import { queueDatabase } from './queue-database.ts'

export type Queue = PgBoss

/** The dead-letter queue of all queues; each of its jobs has the name of the queue it came from. */
export const DEAD_LETTERS = 'dead-letters'

/** Ended jobs are kept for an hour, for whoever looks into what just happened: rows, not jobs, are the memory. */
const KEPT_SECONDS = 3_600
const DELETE_EVERY_SECONDS = 600

/**
 * Opens the job queue. LISTEN/NOTIFY (`useListenNotify`) wakes a worker within milliseconds of a commit; polling is the
 * fallback for a lost notification.
 *
 * @param role `send` only enqueues; `work` also maintains the queues; `migrate` may change pg-boss' schema.
 */
export async function openQueue(
  databaseUrl: string,
  role: 'send' | 'work' | 'migrate',
  log: Logger,
): Promise<Queue & { pool: Pool }> {
  const patience = JOB_PATIENCE
  const size = role === 'work' ? 5 : 2
  const pool = openPool(databaseUrl, { size, name: 'looklook-pay queue', patience, log })
  const duties: ConstructorOptions = {
    db: queueDatabase(pool, log),
    migrate: role === 'migrate',
    createSchema: role === 'migrate',
    supervise: role === 'work',
    schedule: false,
    maintenanceIntervalSeconds: DELETE_EVERY_SECONDS,
    useListenNotify: role === 'work',
  }
  const queue = new PoolQueue(duties, pool)
  queue.on('error', (error) => log.error({ err: error }, 'job queue error'))
  queue.on('warning', (warning) => log.warn({ warning }, 'job queue warning'))
  try {
    await queue.start()
  } catch (error) {
    await pool.end()
    throw error
  }
  return queue
}

/** A queue that closes its connections when it stops: pg-boss leaves those open that it hasn't opened itself. */
class PoolQueue extends PgBoss {
  readonly pool: Pool

  constructor(options: ConstructorOptions, pool: Pool) {
    super(options)
    this.pool = pool
  }

  override async stop(options?: StopOptions): Promise<void> {
    await super.stop(options)
    if (!this.pool.ending) await this.pool.end()
  }
}

/** Creates the queues of these jobs, all of `jobs.ts` by default, or updates their settings. Safe to call twice. */
export async function createQueues(queue: Queue, of: Job[] = jobs): Promise<void> {
  if (!(await queue.getQueue(DEAD_LETTERS))) await queue.createQueue(DEAD_LETTERS, { retentionSeconds: 90 * 86_400 })
  for (const job of of) {
    const settings = {
      retryLimit: job.retryLimit,
      retryDelay: job.retryDelaySeconds,
      retryBackoff: true,
      retryDelayMax: job.retryDelayMaxSeconds,
      expireInSeconds: job.expireInSeconds,
      deadLetter: DEAD_LETTERS,
      deleteAfterSeconds: KEPT_SECONDS,
      notify: true,
    }
    if (await queue.getQueue(job.name)) await queue.updateQueue(job.name, settings)
    else await queue.createQueue(job.name, settings)
  }
}

/** Enqueues jobs in `tx`: they exist if and only if it commits. */
export async function enqueue<Payload extends z.ZodType>(
  queue: Queue,
  tx: Tx,
  job: Job<Payload>,
  payloads: z.infer<Payload>[],
): Promise<void> {
  await enqueueByName(queue, tx, job.name, payloads as object[])
}

/** The same for a queue that this process may know by its name alone. @throws when there is no such queue. */
export async function enqueueByName(queue: Queue, tx: Tx, name: string, payloads: object[]): Promise<void> {
  if (payloads.length === 0) return
  await queue.insert(
    name,
    payloads.map((data) => ({ data })),
    { db: fromPrisma(tx) },
  )
}

/** How many jobs of one kind are in hand at once, where each is worked on by itself. */
const SINGLES_AT_ONCE = 10

/** What it takes to work on jobs, beside what they need themselves. */
interface WorkNeeds {
  queue: Queue
  log: Logger
  metrics: Pick<Metrics, 'jobs'>
}

/** The payloads of a fetch, worked on together. */
interface TogetherOptions<Needs, Payload> {
  /** How many jobs are fetched at most. */
  atMost: number
  /** @returns how each ended, in the order given. When it throws, all of them have failed. */
  handle: (deps: Needs, payloads: Payload[]) => Promise<PromiseSettledResult<void>[]>
}

/**
 * Runs `handle` for every job of this kind. A malformed payload or a `DomainError` is hopeless, and goes to the
 * dead-letter queue at once; any other failure is retried by the job's own policy.
 *
 * @returns a function that lets the worker fetch at once, instead of at its next poll.
 */
export function work<Needs extends WorkNeeds, Payload extends z.ZodType>(
  deps: Needs,
  job: Job<Payload>,
  handle: (deps: Needs, payload: z.infer<Payload>) => Promise<void>,
): Promise<() => void> {
  return workTogether(deps, job, {
    atMost: SINGLES_AT_ONCE,
    handle: (_deps, payloads) => Promise.allSettled(payloads.map((payload) => handle(deps, payload))),
  })
}

/**
 * The same for a function that works on all jobs of a fetch at once. Each job keeps an end of its own: one that fails
 * keeps none of the others back.
 */
export async function workTogether<Needs extends WorkNeeds, Payload extends z.ZodType>(
  deps: Needs,
  job: Job<Payload>,
  { atMost, handle }: TogetherOptions<Needs, z.infer<Payload>>,
): Promise<() => void> {
  const options = {
    batchSize: atMost,
    perJobResults: true,
    // After a full fetch the next one follows at once, so that no backlog is paced by the poll.
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 2,
    notifyPollingIntervalSeconds: 2,
  } as const
  const run = async (claimed: { id: string; data: object }[]) => {
    const parsed = claimed.map(({ id, data }) => ({ id, ...job.payload.safeParse(data) }))
    const wellFormed = parsed.filter((each) => each.success)
    const ends = await endsOf(wellFormed, (payloads) => handle(deps, payloads))
    const finished = parsed.map(({ id, success, error }) => {
      const reason = success ? ends.get(id) : error
      if (reason === undefined) return { id, status: 'completed' as const }
      const hopeless = !success || reason instanceof DomainError
      deps.log.error({ err: reason, job: job.name, jobId: id, hopeless }, 'job failed')
      return { id, status: hopeless ? ('deadletter' as const) : ('failed' as const) }
    })
    for (const { status: outcome } of finished) deps.metrics.jobs.inc({ queue: job.name, outcome })
    return finished
  }
  const workerId = await deps.queue.work<object, void, typeof options>(job.name, options, (claimed) =>
    whileClaimed(deps, { name: job.name, claimed }, () => run(claimed)),
  )
  return () => deps.queue.notifyWorker(workerId)
}

/** Why jobs failed, by their ids; those that succeeded aren't in it. */
async function endsOf<Payload>(
  jobs: { id: string; data: Payload }[],
  handle: (payloads: Payload[]) => Promise<PromiseSettledResult<void>[]>,
): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>()
  if (jobs.length === 0) return failures
  const payloads = jobs.map(({ data }) => data)
  const ends = await handle(payloads).catch((reason: unknown) =>
    payloads.map(() => ({ status: 'rejected' as const, reason })),
  )
  for (const [index, { id }] of jobs.entries()) {
    const end = ends[index]
    if (end?.status === 'fulfilled') continue
    failures.set(id, end?.reason ?? new Error('the handler did not say how this job ended'))
  }
  return failures
}
