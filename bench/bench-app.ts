import { createPrivateKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCredentials, openSandbox, type Sandbox } from '@looklook-pay/sandbox'
import pino from 'pino'
import { openApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import type { Deps } from '../src/deps.ts'
import { createNoticeRoute } from '../src/http/wechat-notify.ts'
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts'
import { migrate } from '../src/infra/migrate.ts'

export interface BenchApp {
  deps: Deps
  sandbox: Sandbox
  notifyUrl: string
  /** WeChat's own private key, which signs the notices. */
  wechatKey: KeyObject
  close(): Promise<void>
}

/** The app and its notice route, with an embedded PostgreSQL of its own and the sandbox as WeChat. */
export async function openBenchApp(): Promise<BenchApp> {
  const log = pino({ level: 'error' })
  const dataDir = await mkdtemp(join(tmpdir(), 'looklook-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDir, log })
  await migrate(postgres.url, { log })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const notifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/wechat/pay/notify`
  const credentials = await createCredentials(Date.now())
  const sandbox = await openSandbox({ notifyUrl, credentials })
  const env = {
    NODE_ENV: 'development',
    SESSION_SECRET: 'for the benchmark alone, and long enough',
    REDIS_URL: 'redis://127.0.0.1:1',
  }
  const config = loadConfig({ ...env, ...sandbox.env, DATABASE_URL: postgres.url }, 'api')
  const app = await openApp({ ...config, redisUrl: undefined }, { log, role: 'work' })
  const route = createNoticeRoute(app.deps)
  server.on('request', (request, response) => void route(request, response))
  return {
    deps: app.deps,
    sandbox,
    notifyUrl,
    wechatKey: createPrivateKey(credentials.platformPrivateKey),
    close: async () => {
      server.close().closeAllConnections()
      await app.close()
      await sandbox.close()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
