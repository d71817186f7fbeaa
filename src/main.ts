import { join } from 'node:path'
import type { Sandbox } from '@looklook-pay/sandbox'
import type { Logger } from 'pino'
import { seed } from '../prisma/seed.ts'
import { openAppWhenThere, openListener, serveApi } from './api.ts'
import { type AppConfig, type Config, loadConfig } from './config.ts'
import { createPage, type Page } from './http/page.ts'
import type { Parts } from './http/page-parts.ts'
import { type DataDir, openDataDir } from './infra/data-dir.ts'
import { openDatabase } from './infra/database.ts'
import { startEmbeddedPostgres } from './infra/embedded-postgres.ts'
import { isMain } from './infra/is-main.ts'
import { migrate } from './infra/migrate.ts'
import { createPubsubOutage } from './infra/pubsub-outage.ts'
import { untilReachable } from './infra/wait.ts'
import { runProcess, type Startup } from './process.ts'
import { openSandboxIn } from './sandbox.ts'
import { runWorkers } from './worker.ts'

/** `npm start`: database, WeChat, API and worker in one process. */
async function openEverything(startup: Startup): Promise<void> {
  const { config, log, onStop } = startup
  const dataDir = openDataDir(config.dataDir)
  onStop('files', () => dataDir.close())
  const listener = await openListener(startup)
  const { http } = listener

  const notifyUrl = `${reachable(http.url)}/wechat/pay/notify`
  const stateDir = join(dataDir.path, 'sandbox')
  const sandbox = config.wechat ? undefined : await openSandboxIn(startup, stateDir, notifyUrl)
  const databaseUrl = config.databaseUrl ?? (await openEmbeddedDatabase(startup, dataDir))
  listener.databaseAt(databaseUrl)
  const directUrl = config.databaseDirectUrl ?? databaseUrl
  await untilReachable(log, () => migrate(directUrl, { log }), startup.stopping)
  if (!config.production) await insertDemoData(directUrl, log)

  const complete: AppConfig = {
    ...config,
    databaseUrl,
    session: { ...config.session, secret: config.session.secret ?? dataDir.sessionSecret() },
    wechat: config.wechat ?? wechatOf(startup, sandbox),
  }
  const redis = createPubsubOutage()
  const app = await openAppWhenThere(startup, complete, { role: 'work', wrapPubsub: redis.wrap })
  const worker = await runWorkers(startup, app)
  serveApi(startup, listener, app, pageOf(complete, { worker, redis }))
  startup.say(describe(complete, { url: http.url, dataDir: dataDir.path, sandbox, embedded: !config.databaseUrl }))
}

async function openEmbeddedDatabase({ log, onStop, onKill }: Startup, dataDir: DataDir): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir: dataDir.path, log })
  onStop('database', () => postgres.stop())
  onKill(() => postgres.kill())
  return postgres.url
}

/** The sandbox's settings, read and checked as any merchant's. */
function wechatOf({ env }: Startup, sandbox: Sandbox | undefined): NonNullable<Config['wechat']> {
  const { wechat } = loadConfig({ ...env, ...sandbox?.env }, 'start')
  if (!wechat) throw new Error('The sandbox did not say how it is reached')
  return wechat
}

async function insertDemoData(databaseUrl: string, log: Logger): Promise<void> {
  const db = openDatabase(databaseUrl, { poolSize: 1, log })
  try {
    await seed(db)
  } finally {
    await db.$disconnect()
  }
}

/** Where no real money is, the page may take parts away. */
function pageOf({ production, wechat }: AppConfig, parts: Parts): Page | undefined {
  if (production) return undefined
  return wechat.isSandbox ? createPage({ sandboxUrl: wechat.pay.apiUrl, parts }) : createPage({ sandboxUrl: undefined })
}

interface Endpoints {
  url: string
  dataDir: string
  sandbox: Sandbox | undefined
  embedded: boolean
}

function describe(config: AppConfig, { url, dataDir, sandbox, embedded }: Endpoints): string {
  const base = reachable(url)
  const payments = sandbox ? `${sandbox.url} (a sandbox: no real money)` : config.wechat.pay.apiUrl
  return [
    'looklook-pay is ready',
    ...(config.production ? [] : [`  play it     ${base}/`]),
    `  GraphQL     ${base}/graphql`,
    `  health      ${base}/readyz, ${base}/metrics`,
    `  WeChat      ${payments}`,
    `  PostgreSQL  ${embedded ? `embedded, ${config.databaseUrl}` : 'at DATABASE_URL'}`,
    `  live        ${config.redisUrl === undefined ? 'in this process' : 'through Redis at REDIS_URL'}`,
    `  files       ${dataDir}`,
    ...(config.production ? [] : [`  demo guest  mutation { wxLogin(input: { code: "code-me" }) { __typename } }`]),
  ].join('\n')
}

/** The URL by which this machine reaches a server that listens on all addresses. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

if (isMain(import.meta)) await runProcess('start', openEverything)
