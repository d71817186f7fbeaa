import type { Deps } from '../../src/deps.ts'
import { createQueues } from '../../src/infra/queue.ts'
import { defineJob, listenerRetries } from '../../src/jobs.ts'
import { EventRef, type PaymentEvent } from '../../src/payment/event.ts'
import { type Listener, startListening } from '../../src/payment/outbox/listen.ts'
import { publishDue } from '../../src/payment/outbox/publish.ts'
import type { TestApp } from './app.ts'

/** A listener of this name, with a queue. It keeps what it hears. */
export async function givenListener(
  { deps }: TestApp,
  name: string,
  hear: (event: PaymentEvent) => Promise<void> = async () => {},
): Promise<{ listener: Listener; heard: PaymentEvent[] }> {
  const job = defineJob({ name, payload: EventRef, ...listenerRetries })
  await createQueues(deps.queue, [job])
  const events: PaymentEvent[] = []
  const listener: Listener = {
    job,
    hear: async (_deps, event) => {
      await hear(event)
      events.push(event)
    },
  }
  return { listener, heard: events }
}

/** Lets jobs be enqueued for it, on which nobody works. */
export async function givenQueueOf(app: TestApp, name: string): Promise<void> {
  const { listener } = await givenListener(app, name)
  await startListening(app.deps.db, listener.job)
}

/** Publishes until nothing is due. */
export async function publishAll(deps: Deps): Promise<void> {
  while (await publishDue(deps));
}

/** The events that wait in a queue, as `number version`. */
export async function queuedEvents({ db }: Pick<Deps, 'db'>, name: string): Promise<string[]> {
  const jobs = await db.$queryRaw<{ event: string }[]>`
    SELECT concat_ws(' ', data->>'paymentSn', data->>'version') AS event FROM pgboss.job
    WHERE name = ${name} ORDER BY data->>'paymentSn', (data->>'version')::int`
  return jobs.map(({ event }) => event)
}

export function keyOf({ paymentSn, version }: Pick<PaymentEvent, 'paymentSn' | 'version'>): string {
  return `${paymentSn} ${version}`
}
