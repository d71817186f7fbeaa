import { openAppWhenThere, openListener } from './api.ts'
import type { App } from './app.ts'
import { startWorkers } from './background.ts'
import type { ConfigOf } from './config.ts'
import { isMain } from './infra/is-main.ts'
import { runProcess, type Startup } from './process.ts'

/** `npm run worker`: every job handler and loop, and an HTTP server with the operations routes alone. */
async function openWorker(startup: Startup<ConfigOf['worker']>): Promise<void> {
  const listener = await openListener(startup)
  const app = await openAppWhenThere(startup, startup.config, 'work')
  await runWorkers(startup, app)
  listener.ready(app)
  startup.say(`The worker is ready; ${listener.http.url}/readyz tells how it is`)
}

/** Runs every job handler and loop of `background.ts` until the process stops; what runs then may end. */
export async function runWorkers({ log, stopping, onStop }: Startup, app: App): Promise<void> {
  const workers = await startWorkers(app.workerDeps)
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= workers.stop())
  stopping.addEventListener('abort', () => {
    stop().catch((error: unknown) => log.error({ err: error }, 'workers not stopped cleanly'))
  })
  onStop('workers', stop)
}

if (isMain(import.meta)) await runProcess('worker', openWorker)
