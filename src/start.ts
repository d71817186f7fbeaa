import { join } from 'node:path'
import type { Sandbox } from '@looklook-pay/sandbox'
import type { Logger } from 'pino'
import { seed } from '../prisma/seed.ts'
import { change } from './act/desk.ts'
import { serveApi } from './api.ts'
import type { App } from './app.ts'
import { type AppConfig, type Config, loadConfig } from './config.ts'
import { createConsole } from './console/console.ts'
import { createPage, type Page } from './http/page.ts'
import type { Parts } from './http/page-parts.ts'
import { CONSOLE_PATH } from './http/server.ts'
import { type DataDir, openDataDir } from './infra/data-dir.ts'
import { openDatabase } from './infra/database.ts'
import { hasEmbeddedPostgres, startEmbeddedPostgres } from './infra/embedded-postgres.ts'
import { migrate } from './infra/migrate.ts'
import { createPubsubOutage } from './infra/pubsub-outage.ts'
import type { Steps } from './infra/steps.ts'
import { untilReachable } from './infra/wait.ts'
import { type Listener, openAppWhenThere, openListener } from './listener.ts'
import { inviteOperator, linkOf } from './operator/account.ts'
import { runProcess, type Startup } from './process.ts'
import { openSandboxIn } from './sandbox.ts'
import { isLoopback } from './wechat/loopback.ts'
import { runWorkers } from './worker.ts'

/** `npm start`: database, WeChat, API and worker in one process. Each of its steps is said. */
export async function start(steps: Steps): Promise<void> {
  await runProcess('start', async (startup) => {
    // What is stopped hasn't failed.
    startup.stopping.addEventListener('abort', steps.end)
    const ready = await openEverything(startup, steps)
    steps.end()
    startup.say(ready)
  })
}

/** @returns what is said once all of it is there. */
async function openEverything(startup: Startup, steps: Steps): Promise<string> {
  const { config, log } = startup
  const dataDir = openFiles(startup, steps)
  steps.begin('HTTP', 'listening')
  const listener = await openListener(startup)
  const { http } = listener
  const sandbox = config.wechat ? undefined : await openOwnSandbox(startup, steps, { dataDir, url: http.url })
  const databaseUrl = await openMigrated(startup, steps, { dataDir, listener })

  const complete: AppConfig = {
    ...config,
    databaseUrl,
    session: { ...config.session, secret: config.session.secret ?? dataDir.sessionSecret() },
    wechat: config.wechat ?? wechatOf(startup, sandbox),
  }
  const redis = createPubsubOutage()
  steps.begin('API', 'opening')
  const app = await openAppWhenThere(startup, complete, { role: 'work', wrapPubsub: redis.wrap })
  steps.begin('workers', 'starting')
  const worker = await runWorkers(startup, app)
  const consoleLink = isConsoleSafe(complete) ? await linkToConsole(app, http.url) : undefined
  serveApi(startup, listener, app, {
    page: pageOf(complete, { log, parts: { worker, redis } }),
    console:
      consoleLink === undefined
        ? undefined
        : createConsole(app.workerDeps, { url: consoleUrl(http.url), mountedAt: CONSOLE_PATH }),
  })
  if (consoleLink !== undefined) dataDir.sayConsoleUrl(consoleUrl(http.url))
  const embedded = !config.databaseUrl
  return describe(complete, { url: http.url, dataDir: dataDir.path, sandbox, embedded, consoleLink })
}

function openFiles({ config, onStop }: Startup, steps: Steps): DataDir {
  steps.begin('files', `locking ${config.dataDir}`)
  const dataDir = openDataDir(config.dataDir)
  onStop('files', () => dataDir.close())
  return dataDir
}

async function openOwnSandbox(
  startup: Startup,
  steps: Steps,
  { dataDir, url }: { dataDir: DataDir; url: string },
): Promise<Sandbox> {
  steps.begin('sandbox', 'opening')
  const notifyUrl = `${reachable(url)}/wechat/pay/notify`
  const { sandbox } = await openSandboxIn(startup, join(dataDir.path, 'sandbox'), notifyUrl)
  return sandbox
}

/** @returns the URL of a database that has every migration, and the demo data outside production. */
async function openMigrated(
  startup: Startup,
  steps: Steps,
  { dataDir, listener }: { dataDir: DataDir; listener: Listener },
): Promise<string> {
  const { config, log, stopping } = startup
  const databaseUrl = config.databaseUrl ?? (await openEmbeddedDatabase(startup, steps, dataDir))
  listener.databaseAt(databaseUrl)
  const directUrl = config.databaseDirectUrl ?? databaseUrl
  steps.begin('migrations', `applying what is missing${config.databaseUrl === undefined ? '' : ' at DATABASE_URL'}`)
  await untilReachable(log, () => migrate(directUrl, { log }), stopping)
  if (config.production) return databaseUrl
  steps.begin('demo data', 'inserting what is missing')
  await insertDemoData(directUrl, log)
  return databaseUrl
}

async function openEmbeddedDatabase({ log, onStop, onKill }: Startup, steps: Steps, dataDir: DataDir): Promise<string> {
  steps.begin('database', hasEmbeddedPostgres(dataDir.path) ? 'starting' : 'being made, as there is none yet')
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
function pageOf({ production, wechat }: AppConfig, { log, parts }: { log: Logger; parts: Parts }): Page | undefined {
  if (production) return undefined
  return wechat.isSandbox
    ? createPage({ log, sandboxUrl: wechat.pay.apiUrl, parts })
    : createPage({ log, sandboxUrl: undefined })
}

/** Only people on this machine reach the console then, and none of the money is real. */
function isConsoleSafe({ production, server, wechat }: AppConfig): boolean {
  return !production && wechat.isSandbox && isLoopback(server.host)
}

const consoleUrl = (url: string) => `${reachable(url)}${CONSOLE_PATH}`

/** A link that signs in once, for whoever has started all this. */
async function linkToConsole({ workerDeps }: App, url: string): Promise<string> {
  const name = 'demo'
  const wish = { by: { operator: 'npm start' }, dryRun: false }
  const about = { action: 'operator add', number: name }
  const { token } = await change(workerDeps, wish, about, (tx) => inviteOperator(tx, { name }))
  return linkOf(consoleUrl(url), token)
}

interface Endpoints {
  url: string
  dataDir: string
  sandbox: Sandbox | undefined
  embedded: boolean
  consoleLink: string | undefined
}

function describe(config: AppConfig, { url, dataDir, sandbox, embedded, consoleLink }: Endpoints): string {
  const base = reachable(url)
  const payments = sandbox ? `${sandbox.url} (a sandbox: no real money)` : config.wechat.pay.apiUrl
  return [
    'looklook-pay is ready',
    ...(config.production ? [] : [`  play it     ${base}/`]),
    ...(consoleLink === undefined ? [] : [`  console     ${consoleLink} (once, within 15 minutes)`]),
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
