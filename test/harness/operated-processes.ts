import type { Deployment } from './deployment.ts'
import { type AtEnd, type RunningProcess, run } from './processes.ts'
import { freePort } from './redis.ts'

/** Settings that differ from the deployment's. */
type Change = Record<string, string>

/** An API, a worker and the console, each of which can be started again. */
export interface Processes {
  /** The API that gets WeChat's notices. */
  url: string
  consoleUrl: string
  consoleLogs(): string
  /** Another API in the place of the one that there is, with these settings changed. */
  renewApi(change?: Change): Promise<void>
  /** The same with the worker: what its loops do once a minute they do at their start. */
  renewWorker(change?: Change): Promise<void>
  /** The same with the console; sessions go on. */
  renewConsole(change?: Change): Promise<void>
}

export async function startProcesses(deployment: Deployment, atEnd: AtEnd): Promise<Processes> {
  const { startApi, startWorker, settings } = deployment
  const consoles: RunningProcess[] = []
  const startConsole = async (port: number, change: Change = {}) => {
    const env = { ...settings, CONSOLE_PORT: `${port}`, ...change }
    const started = run(['node', 'src/console.ts'], { env, atEnd })
    consoles.push(started)
    const [, url = ''] = await started.says(/The console is ready at (\S+)\/;/)
    return { url, process: started }
  }
  let api = await startApi()
  let worker = await startWorker()
  let console = await startConsole(await freePort())
  return {
    url: api.url,
    consoleUrl: console.url,
    consoleLogs: () => consoles.map((each) => each.output()).join('\n'),
    renewApi: async (change) => {
      await stop(api.process)
      api = await startApi(change, portOf(api.url))
    },
    renewWorker: async (change) => {
      await stop(worker)
      worker = await startWorker(change)
    },
    renewConsole: async (change) => {
      await stop(console.process)
      console = await startConsole(portOf(console.url), change)
    },
  }
}

const portOf = (url: string) => Number(new URL(url).port)

async function stop(process: RunningProcess): Promise<void> {
  process.signal('SIGTERM')
  await process.ended
}
