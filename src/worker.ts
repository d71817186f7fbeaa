import './infra/node-version.ts'
import type { App } from './app.ts'
import { startWorkers, type Workers } from './background.ts'
import type { ConfigOf } from './config.ts'
import type { Part } from './infra/part.ts'
import { jobs } from './jobs.ts'
import { openAppWhenThere, openListener } from './listener.ts'
import { runProcess, type Startup } from './process.ts'

/** `npm run worker`: every job handler and loop, and an HTTP server with the health routes alone. */
async function openWorker(startup: Startup<ConfigOf['worker']>): Promise<void> {
  const listener = await openListener(startup)
  const app = await openAppWhenThere(startup, startup.config, { role: 'work' })
  await runWorkers(startup, app)
  listener.ready(app)
  startup.say(`The worker is ready; ${listener.http.url}/readyz tells how it is`)
}

/**
 * Runs every job handler and loop of `background.ts` until the process stops; what runs then may end.
 *
 * @returns the workers as a part that can be taken away meanwhile: what they have in hand ends, and nothing else begins.
 */
export async function runWorkers({ log, stopping, onStop, whenThere }: Startup, app: App): Promise<Part> {
  let workers: Workers | undefined = await whenThere(() => startWorkers(app.workerDeps))
  let changing: Promise<void> = Promise.resolve()
  const stop = async () => {
    const running = workers
    workers = undefined
    await running?.stop()
  }
  const change = async (isUp: boolean) => {
    if (stopping.aborted || isUp === (workers !== undefined)) return
    log.warn({ isUp }, isUp ? 'workers started by the demo page' : 'workers stopped by the demo page')
    if (isUp) workers = await startWorkers(app.workerDeps)
    else await Promise.all([stop(), ...jobs.map(({ name }) => app.deps.queue.offWork(name))])
  }
  const set = (isUp: boolean) => {
    changing = changing.catch(() => {}).then(() => change(isUp))
    changing.catch((error: unknown) => log.error({ err: error, isUp }, 'workers not changed'))
    return changing
  }
  const end = () => (changing = changing.catch(() => {}).then(stop))
  stopping.addEventListener('abort', () => {
    end().catch((error: unknown) => log.error({ err: error }, 'workers not stopped cleanly'))
  })
  onStop('workers', end)
  return { isUp: () => workers !== undefined, set }
}

if (import.meta.main) await runProcess('worker', openWorker)
