import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { complainAboutNode } from '../../src/infra/node-version.ts'
import { confirm, deploy, purchase, whenOrderIs } from '../harness/deployment.ts'
import { planDatabase } from '../harness/empty-database.ts'
import { createDataDir, readiness, run } from '../harness/processes.ts'
import { installProduction, type ProductionTree } from '../harness/production-tree.ts'

let installed: ProductionTree | undefined
beforeAll(async () => {
  installed = await installProduction()
})
afterAll(() => installed?.remove())
beforeEach((context) => context.skip(!installed, 'nothing could be installed'))

/** The command that runs what was built of a source. */
const command = (source: string) => installed?.command(source) ?? []

/** How a command of it ended, and what it said. */
async function outcomeOf(source: string, env: Record<string, string>, args: string[] = []) {
  const started = run([...command(source), ...args], { env })
  return { code: (await started.ended).code, output: started.output() }
}

async function insertDemoData(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl)
  await seed(db)
  await db.$disconnect()
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

describe('dist/ with what npm ci --omit=dev installs', () => {
  test('weighs at most 150 MB, and 90 MB without what Prisma has for other databases', async () => {
    const whole = await installed?.weigh()
    expect(whole).toBeLessThanOrEqual(150)
    await installed?.prune()
    const pruned = await installed?.weigh()
    expect(pruned).toBeLessThanOrEqual(90)
    expect(pruned).toBeLessThan(whole ?? 0)
    // Twice does no harm.
    await installed?.prune()
  })

  test('migrates an empty database, and takes a purchase to its entry code', { skip }, async () => {
    const database = planDatabase()
    await database.create()
    const programs = { api: command('src/api.ts'), worker: command('src/worker.ts') }
    const { sandbox, settings, startApi, startWorker } = await deploy(
      { DATABASE_URL: database.url },
      undefined,
      undefined,
      programs,
    )
    expect(await outcomeOf('scripts/db-migrate.ts', settings)).toMatchObject({ code: 0 })
    await insertDemoData(database.url)

    const [api] = await Promise.all([startApi(), startWorker()])
    const guest = await purchase(api.url, 'o_production_guest', 'demo-homestay-01', 20)
    await confirm(sandbox, guest)
    await whenOrderIs('WAIT_USE', api.url, guest)
    expect(await readiness(api.url)).toMatchObject({ status: 200, body: { status: 'ok' } })

    const shown = run(command('src/console.ts'), { env: { ...settings, CONSOLE_PORT: '0' } })
    const [, url = ''] = await shown.says(/The console is ready at (\S+)\/;/)
    expect(await (await fetch(`${url}/`)).text()).toContain('<html')
    const invited = await outcomeOf('src/admin.ts', { ...settings, CONSOLE_URL: url }, ['operator', 'add', 'Li Lei'])
    const token = /#\/sign-in\/([\w-]{43})/.exec(invited.output)?.[1]
    const signedIn = await fetch(`${url}/sign-in`, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    const [cookie = ''] = signedIn.headers.getSetCookie()[0]?.split(';') ?? []
    const jobs = await fetch(`${url}/jobs/`, { headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    expect([jobs.status, await jobs.text()]).toEqual([501, expect.stringContaining('@pg-boss/dashboard')])
  })

  test('says what is missing for Kafka, for traces, and for a sandbox', { skip }, async () => {
    const { settings } = await deploy()
    const dataDir = await createDataDir()
    const [kafka, traces, sandbox] = await Promise.all([
      outcomeOf('src/worker.ts', { ...settings, PORT: '0', KAFKA_BROKERS: '127.0.0.1:9092' }),
      outcomeOf('src/api.ts', { ...settings, PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }),
      outcomeOf('src/main.ts', { DATA_DIR: dataDir, PORT: '0' }),
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
    const said = sources.map((name) => {
      const [, program = ''] = command(`src/${name}.ts`)
      return run([old.path, program])
    })
    for (const each of said) {
      expect((await each.ended).code).toBe(1)
      expect(each.output().trim()).toBe(complainAboutNode(old.version))
    }
  })
})
