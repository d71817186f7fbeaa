import { createServer, type Server } from 'node:http'
import { openSandbox, type Sandbox, type SandboxOptions } from '@looklook-pay/sandbox'
import pino from 'pino'
import { test as base, expect, inject } from 'vitest'
import { openApp } from '../../src/app.ts'
import { startWorkers } from '../../src/background.ts'
import { loadConfig } from '../../src/config.ts'
import type { Deps } from '../../src/deps.ts'
import { createNoticeRoute } from '../../src/http/wechat-notify.ts'
import { cloneDatabase } from './database.ts'
import { listen } from './listen.ts'

export interface TestApp {
  deps: Deps
  sandbox: Sandbox
  /** Where the notice route listens. */
  notifyUrl: string
  databaseUrl: string
  /** Lets the workers run from here on; a test that doesn't call it takes every step itself. */
  startWorkers(): Promise<void>
}

/** The whole app on a cloned database, with the sandbox as WeChat; only the workers wait to be started. */
export async function openTestApp(
  env: Record<string, string> = {},
  sandboxOptions: SandboxOptions = {},
): Promise<TestApp & { close(): Promise<void> }> {
  const database = await cloneDatabase()
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
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'fatal' })
  const config = loadConfig(
    {
      NODE_ENV: 'test',
      SESSION_SECRET: 'a secret of the tests that is long enough',
      REDIS_URL: inject('redisUrl') ?? 'redis://127.0.0.1:1',
      ...sandbox.env,
      DATABASE_URL: database.url,
      ...env,
    },
    'api',
  )
  // Tests of one run share a Redis; their hints stay in their own process.
  const app = await openApp({ ...config, redisUrl: undefined }, { log, role: 'work' })
  serveNotices(server, app.deps)
  let workers: { stop(): Promise<void> } | undefined
  return {
    deps: app.deps,
    sandbox,
    notifyUrl,
    databaseUrl: database.url,
    startWorkers: async () => {
      workers = await startWorkers(app.deps)
    },
    close: async () => {
      await sandbox.close()
      server.close().closeAllConnections()
      await workers?.stop()
      await app.close()
      await database.drop()
    },
  }
}

function serveNotices(server: Server, deps: Deps): void {
  const notice = createNoticeRoute(deps)
  server.on('request', (request, response) => void notice(request, response))
}

/** A test with the whole app, on a database of its own. */
export const test = base
  .extend<{ env: Record<string, string> }>({ env: [{}, { injected: true }] })
  .extend<{ app: TestApp }>({
    app: async ({ env }, use) => {
      const app = await openTestApp(env)
      await use(app)
      await app.close()
    },
  })

export { describe } from 'vitest'
export { expect }
