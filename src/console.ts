import './infra/node-version.ts'
import type { ConfigOf } from './config.ts'
import { createConsole } from './console/console.ts'
import { openConsoleServer } from './console/server.ts'
import { FINISH_WITHIN_MS, openAppWhenThere } from './listener.ts'
import { runProcess, type Startup } from './process.ts'

/** `npm run console`: what operators see and decide, on a port of its own. */
async function openConsole(startup: Startup<ConfigOf['console']>): Promise<void> {
  const { config, log, onStop, say } = startup
  const server = await openConsoleServer(config.console, log)
  onStop('http', () => server.close(FINISH_WITHIN_MS))
  const app = await openAppWhenThere(startup, config, { role: 'send' })
  // A port of 0 is any free one, which only the server knows.
  const url = config.console.port === 0 ? server.url : config.console.url
  const opened = createConsole(app.workerDeps, { url, mountedAt: '' })
  onStop('console', async () => {
    await Promise.all([server.close(FINISH_WITHIN_MS), opened.close()])
  })
  server.serve(opened)
  say(`The console is ready at ${url}/; npm run admin -- operator add NAME prints a link that signs in`)
}

if (import.meta.main) await runProcess('console', openConsole)
