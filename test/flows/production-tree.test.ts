import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { complainAboutNode } from '../../src/infra/node-version.ts'
import { canContain, commandOf, execIn } from '../harness/container.ts'
import { confirm, deploy, purchase, whenOrderIs } from '../harness/deployment.ts'
import { openDistantDatabase } from '../harness/distant-database.ts'
import { planDatabase } from '../harness/empty-database.ts'
import { canRunNginx, openTls } from '../harness/nginx.ts'
import { createDataDir, readiness, run } from '../harness/processes.ts'
import { buildProduction, type ProductionTree } from '../harness/production-tree.ts'
import { freePort } from '../harness/redis.ts'

let built: ProductionTree | undefined
beforeAll(async () => {
  built = await buildProduction()
})
afterAll(() => built?.remove())
beforeEach((context) => context.skip(!built, 'nothing could be installed'))

/** The command that starts a program of the image. */
const command = (...args: string[]) => (built ? commandOf(built.image, args) : [])

/** Where a program of the image is, for another Node. */
const path = (program: string) => join(built?.image.root ?? '', `app/dist/src/${program}.js`)

/** How a command ended, and what it said. */
async function outcomeOf(command: string[], env: Record<string, string> = {}) {
  const started = run(command, { env })
  return { code: (await started.ended).code, output: started.output() }
}

async function insertDemoData(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl)
  await seed(db)
  await db.$disconnect()
}

/** A database of the tests by TCP: in a container, a process isn't let through to its socket. */
async function throughTcp(databaseUrl: string): Promise<string> {
  const { url, close } = await openDistantDatabase(databaseUrl)
  onTestFinished(close)
  return url
}

/**
 * Where guests find the API at a port, and the settings of production: by https before it and before WeChat, as compose.yaml
 * has it; without nginx by http, as in development.
 */
async function openFront(sandboxUrl: string, port: number): Promise<{ url: string; settings: Record<string, string> }> {
  const api = `http://127.0.0.1:${port}`
  if (!hasNginx) return { url: api, settings: {} }
  // A folder that containers see too.
  const tls = await openTls('/dev/shm')
  const [url, wechat] = await Promise.all([tls.before(api), tls.beforeSandbox(sandboxUrl)])
  const settings = {
    NODE_ENV: 'production',
    NODE_EXTRA_CA_CERTS: tls.certificate,
    TRUSTED_PROXIES: '1',
    METRICS_PORT: '0',
    WECHAT_API_URL: wechat,
    WECHAT_PAY_API_URL: wechat,
    WECHAT_PAY_NOTIFY_URL: `${url}/wechat/pay/notify`,
  }
  return { url, settings }
}

/** A Node of this machine that is too old for us, with its version. */
function findOldNode(): { path: string; version: string } | undefined {
  const paths = execFileSync('which', ['-a', 'node'], { encoding: 'utf8' }).trim().split('\n')
  const found = [...paths, '/usr/bin/node', '/usr/local/bin/node'].map((path) => {
    try {
      return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() }
    } catch {
      return undefined
    }
  })
  return found.find((node) => node && complainAboutNode(node.version) !== undefined)
}

const skip = inject('redisUrl') === null
const hasNginx = canRunNginx()

describe('what the Dockerfile makes in an empty root', () => {
  test('weighs at most 150 MB, and 90 MB without what Prisma has for other databases', async () => {
    const { 'npm ci --omit=dev': whole = 0, 'deploy/prune.sh': pruned = 0 } = built?.weights ?? {}
    expect(whole).toBeGreaterThan(pruned)
    expect(whole).toBeLessThanOrEqual(150)
    expect(pruned).toBeGreaterThan(0)
    expect(pruned).toBeLessThanOrEqual(90)
    // Twice does no harm.
    await built?.pruneAgain()
  })

  test('names the programs that it has where another is wanted', async () => {
    const { code, output } = await outcomeOf(command('bash'))
    expect([code, output]).toEqual([64, expect.stringContaining('api, worker, console, admin, doctor, db-migrate')])
  })

  test('migrates an empty database, and takes a purchase to its entry code', { skip }, async () => {
    const database = planDatabase()
    await database.create()
    const programs = { api: command('api'), worker: command('worker') }
    const { sandbox, settings, startApi, startWorker } = await deploy(
      { DATABASE_URL: await throughTcp(database.url) },
      undefined,
      undefined,
      programs,
    )
    expect(await outcomeOf(command('db-migrate'), settings)).toMatchObject({ code: 0 })
    await insertDemoData(database.url)

    const port = await freePort()
    const front = await openFront(sandbox.url, port)
    const [api] = await Promise.all([startApi(front.settings, port), startWorker(front.settings)])
    const guest = await purchase(front.url, 'o_production_guest', 'demo-homestay-01', 20)
    await confirm(sandbox, guest)
    await whenOrderIs('WAIT_USE', front.url, guest)
    // It looks for a worker every few seconds, and has looked before there was one.
    await expect.poll(() => readiness(api.url)).toMatchObject({ status: 200, body: { status: 'ok' } })

    const operating = { ...settings, ...front.settings }
    const shown = run(command('console'), { env: { ...operating, CONSOLE_PORT: '0' } })
    const [, url = ''] = await shown.says(/The console is ready at (\S+)\/;/)
    expect(await (await fetch(`${url}/`)).text()).toContain('<html')
    const invited = await outcomeOf(command('admin', 'operator', 'add', 'Li Lei'), { ...operating, CONSOLE_URL: url })
    const token = /#\/sign-in\/([\w-]{43})/.exec(invited.output)?.[1]
    const signedIn = await fetch(`${url}/sign-in`, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    const [cookie = ''] = signedIn.headers.getSetCookie()[0]?.split(';') ?? []
    const jobs = await fetch(`${url}/jobs/`, { headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    expect([jobs.status, await jobs.text()]).toEqual([501, expect.stringContaining('@pg-boss/dashboard')])

    const image = built?.image
    if (!canContain || !image) return
    // As the first process, which hears only signals that it listens to.
    const env = { PORT: new URL(api.url).port }
    const look = (...options: string[]) =>
      execIn(api.process, image, { command: ['node', 'healthy.mjs', ...options], env })
    expect(await look()).toEqual({ status: 0, output: `${api.url}/healthz: 200\n` })
    expect(await look('/readyz')).toMatchObject({ status: 0 })
    expect(await look('/nothing')).toMatchObject({ status: 1 })
    const touch = { command: ['touch', '/app/dist/src/api.js'], env }
    expect(await execIn(api.process, image, touch)).toMatchObject({ status: 1 })
    api.process.signalGroup('SIGTERM')
    expect(await api.process.ended).toEqual({ code: 0, signal: null })
    expect(api.process.output()).toContain('process stopping')
  })

  test('says what is missing for Kafka, for traces, and for a sandbox', { skip }, async () => {
    const { settings, databaseUrl } = await deploy()
    const [DATABASE_URL, dataDir] = await Promise.all([throughTcp(databaseUrl), createDataDir()])
    const env = { ...settings, DATABASE_URL, PORT: '0' }
    const [kafka, traces, sandbox] = await Promise.all([
      outcomeOf(command('worker'), { ...env, KAFKA_BROKERS: '127.0.0.1:9092' }),
      outcomeOf(command('api'), { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }),
      outcomeOf(['node', path('main')], { DATA_DIR: dataDir, PORT: '0' }),
    ])
    for (const [{ code, output }, sentence] of [
      [kafka, 'the package @platformatic/kafka not installed'],
      [traces, 'OpenTelemetry not installed: deploy/add-optional.sh @opentelemetry adds it'],
      [sandbox, 'is for production and has no sandbox'],
    ] as const) {
      expect(code).toBe(1)
      expect(output).toContain(sentence)
      expect(output).not.toMatch(/^ +at /m)
    }
  })

  test('says in one sentence that a Node is too old', async (context) => {
    const old = findOldNode()
    if (!old) return context.skip('this machine has no old Node')
    const sources = ['main', 'api', 'worker', 'console', 'admin']
    const said = sources.map((name) => run([old.path, path(name)]))
    for (const each of said) {
      expect((await each.ended).code).toBe(1)
      expect(each.output().trim()).toBe(complainAboutNode(old.version))
    }
  })
})
