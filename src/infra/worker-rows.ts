import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Worker } from '../../prisma/client/client.ts'
import type { Database } from './database.ts'
import { startLoop } from './loop.ts'
import type { Metrics } from './metrics.ts'

/** How often a worker renews its row, in ms. */
export const RENEW_ROW_EVERY_MS = 2_000

/** Without any worker seen for so long, it is an alert. */
export const SEEN_WITHIN_SECONDS = 30

const LOOK_EVERY_MS = 2_000
const KEPT_SECONDS = 3_600

/**
 * A loop's run that says in this worker's row that it lives. Rows of workers that weren't seen for an hour are deleted:
 * a living one is always known.
 */
export function createWorkerRow({ db }: { db: Database }): () => Promise<false> {
  const id = randomUUID()
  return async () => {
    await db.$executeRaw`
      INSERT INTO worker (id) VALUES (${id}) ON CONFLICT (id) DO UPDATE SET "lastSeenAt" = clock_timestamp()`
    await db.$executeRaw`
      DELETE FROM worker WHERE "lastSeenAt" < clock_timestamp() - make_interval(secs => ${KEPT_SECONDS})`
    return false
  }
}

/** The workers that were seen within the last hour, the last one first. */
export function listWorkers(db: Pick<Database, 'worker'>): Promise<Worker[]> {
  return db.worker.findMany({ orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }] })
}

/** Seconds since a worker was last seen, by the database's clock; infinite when there never was one. */
export async function readSecondsUnseen(db: Pick<Database, '$queryRaw'>): Promise<number> {
  return (await readSeen(db)).secondsUnseen
}

/** The same, and how many were seen of late. */
async function readSeen(db: Pick<Database, '$queryRaw'>): Promise<{ secondsUnseen: number; live: number }> {
  const [{ seconds, live }] = await db.$queryRaw<[{ seconds: number | null; live: number }]>`
    SELECT extract(epoch FROM clock_timestamp() - max("lastSeenAt"))::float8 AS seconds,
      count(*) FILTER (WHERE "lastSeenAt" > clock_timestamp() - make_interval(secs => ${SEEN_WITHIN_SECONDS}))::int AS live
    FROM worker`
  return { secondsUnseen: seconds ?? Number.POSITIVE_INFINITY, live }
}

export interface WorkerWatch {
  /** Whether a worker was seen of late; true until it is known. */
  seen(): boolean
  stop(): Promise<void>
}

/** Watches from any process whether there is a worker, and measures it. */
export function watchWorkers({ db, log, metrics }: { db: Database; log: Logger; metrics: Metrics }): WorkerWatch {
  let last: { secondsUnseen: number; at: number } | undefined
  // While the database can't be read, the time since the last look counts as well.
  const secondsUnseen = () => (last ? last.secondsUnseen + (performance.now() - last.at) / 1_000 : 0)
  const look = async () => {
    try {
      const seen = await readSeen(db)
      last = { secondsUnseen: seen.secondsUnseen, at: performance.now() }
      metrics.liveWorkers.set(seen.live)
    } finally {
      metrics.workerUnseenSeconds.set(secondsUnseen())
    }
    return false
  }
  const loop = startLoop(log, 'worker-watch', LOOK_EVERY_MS, look)
  return { seen: () => secondsUnseen() < SEEN_WITHIN_SECONDS, stop: loop.stop }
}
