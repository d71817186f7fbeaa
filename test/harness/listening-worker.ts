/** A worker with one more listener, as a process: what it hears is in the table `heard`. Started by test/flows/events.test.ts. */
import { openApp } from '../../src/app.ts'
import { startWorkers } from '../../src/background.ts'
import { loadConfig } from '../../src/config.ts'
import { openProcessLog } from '../../src/infra/logger.ts'
import { createQueues } from '../../src/infra/queue.ts'
import { defineJob, listenerRetries } from '../../src/jobs.ts'
import { EventRef } from '../../src/payment/event.ts'
import type { Listener } from '../../src/payment/outbox/listen.ts'

const listener: Listener = {
  job: defineJob({ name: 'test-heard', payload: EventRef, ...listenerRetries }),
  hear: async ({ db }, { paymentSn, version }) => {
    await db.$executeRaw`INSERT INTO heard ("paymentSn", version) VALUES (${paymentSn}, ${version})`
  },
}

const config = loadConfig(process.env, 'worker')
const app = await openApp(config, { log: openProcessLog(config), role: 'work' })
await createQueues(app.deps.queue, [listener.job])
await startWorkers(app.workerDeps, [listener])
process.stdout.write('The listening worker is ready\n')
