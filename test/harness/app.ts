import { createServer } from 'node:http'
import { openSandbox, type Sandbox, type SandboxOptions } from '@looklook-pay/sandbox'
import pino from 'pino'
import { test as base, expect, inject } from 'vitest'
import { type App, assembleApp, openApp } from '../../src/app.ts'
import { startWorkers } from '../../src/background.ts'
import { type AppConfig, loadConfig } from '../../src/config.ts'
import type { Deps } from '../../src/deps.ts'
import { createNoticeRoute } from '../../src/http/wechat-notify.ts'
import { openQueue } from '../../src/infra/queue.ts'
import { bindToWechat } from '../../src/infra/wechat-binding.ts'
import type { Listener } from '../../src/payment/outbox/listen.ts'
import { cloneDatabase } from './database.ts'
import { acquireDatabase } from './lease.ts'
import { listen } from './listen.ts'
import { LONG_MS } from './patience.ts'

export interface TestApp {
  deps: Deps
  sandbox: Sandbox
  /** Where the notice route listens. */
  notifyUrl: string
  databaseUrl: string
  /** Lets the workers run from here on; a test that doesn't call it takes every step itself. */
  startWorkers(change?: WorkerChange): Promise<void>
}

/** What workers have that differs from the app. */
interface WorkerChange {
  deps?: Deps
  listeners?: Listener[]
}

export type OpenTestApp = TestApp & { close(): Promise<void> }

const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'fatal' })

/**
 * The whole app with the sandbox as WeChat, on an empty database; only the workers have to be started. It may use the
 * database and the connections of an earlier test.
 */
export async function openTestApp(
  env: Record<string, string> = {},
  sandboxOptions: SandboxOptions = {},
): Promise<OpenTestApp> {
  const { databaseUrl, connections, release } = await acquireDatabase(log)
  return openAround({ databaseUrl, env, sandboxOptions }, async (config) => {
    const databaseId = await bindToWechat(connections.db, config.wechat)
    const app = assembleApp(config, { log, ...connections, databaseId })
    return {
      deps: app.deps,
      close: async () => {
        await app.close()
        await release()
      },
    }
  })
}

/** The same with a database, connections and time-outs of its own, as in a process. */
async function openDeployedApp(env: Record<string, string> = {}): Promise<OpenTestApp> {
  const database = await cloneDatabase()
  return openAround({ databaseUrl: database.url, env, sandboxOptions: {} }, async (config) => {
    const app = await openApp(config, { log, role: 'work' })
    return {
      deps: app.deps,
      close: async () => {
        await app.close()
        await database.drop()
      },
    }
  })
}

interface Surroundings {
  databaseUrl: string
  env: Record<string, string>
  sandboxOptions: SandboxOptions
}

/** Opens what an app needs around it, then the app by `open`. */
async function openAround(
  { databaseUrl, env, sandboxOptions }: Surroundings,
  open: (config: AppConfig) => Promise<Pick<App, 'deps' | 'close'>>,
): Promise<OpenTestApp> {
  const server = createServer()
  const port = await listen(server)
  const notifyUrl = `http://127.0.0.1:${port}/wechat/pay/notify`
  const sandbox = await openSandbox({
    notifyUrl,
    credentials: inject('credentials'),
    noticeScheduleFactor: 0.001,
    refundDelayMs: 10,
    refundIntervalMs: 0,
    ...sandboxOptions,
  })
  const config = loadConfig(
    {
      NODE_ENV: 'test',
      SESSION_SECRET: 'a secret of the tests that is long enough',
      REDIS_URL: inject('redisUrl') ?? 'redis://127.0.0.1:1',
      // Tests of the limits set it to 1.
      RATE_LIMIT_FACTOR: '1000',
      ...sandbox.env,
      DATABASE_URL: databaseUrl,
      ...env,
    },
    'api',
  )
  // Tests of one run share a Redis; their hints stay in their own process.
  const { deps, close } = await open({ ...config, redisUrl: undefined })
  const notice = createNoticeRoute(deps)
  server.on('request', (request, response) => void notice(request, response))
  let stopWorkers: (() => Promise<void>) | undefined
  return {
    deps,
    sandbox,
    notifyUrl,
    databaseUrl,
    startWorkers: async ({ deps: changed = deps, listeners }: WorkerChange = {}) => {
      stopWorkers = await startTestWorkers(changed, databaseUrl, listeners)
    },
    close: async () => {
      await sandbox.close()
      server.close().closeAllConnections()
      await stopWorkers?.()
      await close()
    },
  }
}

/** Starts the workers with a queue of their own, as a worker process does. @returns a function that stops them. */
async function startTestWorkers(deps: Deps, databaseUrl: string, listeners?: Listener[]): Promise<() => Promise<void>> {
  const queue = await openQueue(databaseUrl, 'work', log)
  const workers = await startWorkers({ ...deps, queue }, listeners)
  return async () => {
    await workers.stop()
    await queue.stop({ graceful: true, timeout: LONG_MS })
  }
}

/** A test with the whole app, on a database that holds nothing but what the test puts there. */
export const test = base
  .extend<{ env: Record<string, string>; isDeployed: boolean }>({
    env: [{}, { injected: true }],
    /** Whether the app has a database, connections and time-outs of its own, as in a process. */
    isDeployed: [false, { injected: true }],
  })
  .extend<{ app: TestApp }>({
    app: async ({ env, isDeployed }, use) => {
      const app = isDeployed ? await openDeployedApp(env) : await openTestApp(env)
      await use(app)
      await app.close()
    },
  })

export { describe } from 'vitest'
export { expect }
