import type { Deps } from '../../deps.ts'
import type { Tx } from '../../infra/database.ts'
import { work } from '../../infra/queue.ts'
import type { Job } from '../../jobs.ts'
import { type EventRef, getEvent, type PaymentEvent } from '../event.ts'

/** A part of this process that hears of every change of a payment. */
export interface Listener {
  /** Its own: a payload is the name of an event. */
  job: Job<typeof EventRef>
  /**
   * Gets each event at least once, in any order and maybe beside others of the same payment. What it throws is retried by
   * its job's policy.
   */
  hear(deps: Deps, event: PaymentEvent): Promise<void>
}

/**
 * Lets a listener work on its jobs, and get one for each change from here on.
 *
 * @returns a function that lets it fetch at once, instead of at its next poll.
 */
export async function listen(deps: Deps, listener: Listener): Promise<() => void> {
  const wake = await work(deps, listener.job, async (deps, ref) => listener.hear(deps, await getEvent(deps.db, ref)))
  await startListening(deps.db, listener.job)
  return wake
}

/**
 * From its commit on, each change of a payment becomes a job in this queue, which must exist. Safe to call twice.
 *
 * It stays so until {@link stopListening}: processes of other versions may listen, so one that leaves the code is removed by the
 * operator (./listeners.ts).
 */
export async function startListening(db: Pick<Tx, '$executeRaw'>, { name }: Pick<Job, 'name'>): Promise<void> {
  await db.$executeRaw`INSERT INTO payment_listener (job) VALUES (${name}) ON CONFLICT DO NOTHING`
}

/** From its commit on, no change becomes a job in this queue; those that are there stay. Safe to call twice. */
export async function stopListening(db: Pick<Tx, '$executeRaw'>, { name }: Pick<Job, 'name'>): Promise<void> {
  await db.$executeRaw`DELETE FROM payment_listener WHERE job = ${name}`
}
