import type { SandboxOptions } from '@looklook-pay/sandbox'
import { Client } from 'pg'
import type { Browser } from 'playwright-core'
import { test as base, inject, onTestFinished } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { openChromium } from '../browser/chromium.ts'
import { canRunBrowser } from '../browser/fixtures.ts'
import { expect } from './app.ts'
import { type Deployment, deploy } from './deployment.ts'
import { type Processes, startProcesses } from './operated-processes.ts'
import { type OperatorDesk, openOperatorDesk, type Said } from './operator-desk.ts'
import { type AtEnd, run, UNHURRIED } from './processes.ts'

/** Who decides by the command. */
export const AT_THE_TERMINAL = 'Li Lei'

type Line = { alarm: string } & Record<string, unknown>

interface Ran {
  code: number | null
  output: string
}

/** A deployment with demo homestays, its console, and operators who have the command and a browser. */
export interface Operated extends Deployment, Pick<Processes, 'url' | 'renewApi' | 'renewWorker' | 'renewConsole'> {
  /** Runs the operator's command. */
  admin(...args: string[]): Promise<Ran>
  /** What it says with `--json`. @throws when it can't be done. */
  adminJson<Result>(...args: string[]): Promise<Result>
  /** Does something by the command, as an operator does: its dry run, then in earnest, with the reason. @throws when it can't be. */
  act(args: string[], reason: string): Promise<Said>
  /** An operator's browser, signed in, and the same one for all tests; a test that asks for it fails by what went wrong in it. */
  desk(): Promise<OperatorDesk>
  /** Waits until a process has logged this alarm, about this number. */
  raised(alarm: string, about?: string): Promise<Line>
  /** Runs one statement, as nobody but a test may: facts change, and events too. */
  sql<Row extends object>(statement: string, values?: unknown[]): Promise<Row[]>
}

/** Whether operators can be played: it takes a Redis and a browser. Without them a line says so, and CI fails. */
export function canOperate(): boolean {
  return inject('redisUrl') !== null && canRunBrowser()
}

/** Tests that share one deployment, with these settings, until their file has ended. */
export function testOperated(env: Record<string, string> = {}, sandboxOptions: SandboxOptions = {}) {
  return (
    base
      // oxlint-disable-next-line no-empty-pattern -- Vitest reads the needed fixtures from this pattern: none.
      .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
        const browser = await openChromium()
        onCleanup(() => browser.close())
        return browser
      })
      .extend('operated', { scope: 'file' }, async ({ browser }, { onCleanup }) => {
        const ends: (() => Promise<void>)[] = []
        const endAll = async () => {
          for (const end of ends.toReversed()) await end()
        }
        onCleanup(endAll)
        try {
          return await operate({ env, sandboxOptions, browser, atEnd: (end) => void ends.push(end) })
        } catch (error) {
          await endAll()
          throw error
        }
      })
  )
}

interface Operating {
  env: Record<string, string>
  sandboxOptions: SandboxOptions
  browser: Browser
  atEnd: AtEnd
}

/** An API, a worker and the console, as processes. */
async function operate({ env, sandboxOptions, browser, atEnd }: Operating): Promise<Operated> {
  const deployment = await deploy({ LOG_LEVEL: 'info', ...env }, atEnd, sandboxOptions)
  await seedHomestays(deployment.databaseUrl)
  const { consoleUrl, consoleLogs, ...processes } = await startProcesses(deployment, atEnd)
  const commands = openCommand({ ...deployment.settings, LOG_LEVEL: 'silent', CONSOLE_URL: consoleUrl })
  const { adminJson } = commands
  const logs = () => `${deployment.logs()}\n${consoleLogs()}`
  let opened: Promise<OperatorDesk> | undefined
  return {
    ...deployment,
    ...commands,
    ...processes,
    logs,
    desk: async () => {
      opened ??= openOperatorDesk({ url: consoleUrl, browser, adminJson, atEnd })
      const desk = await opened
      onTestFinished(() => expect(desk.takeProblems()).toEqual([]))
      return desk
    },
    raised: async (alarm, about) => {
      const find = () => findAlert(logs(), alarm, about)
      await expect
        .poll(find, UNHURRIED)
        .toBeDefined()
        .catch((error: unknown) => {
          throw new Error(`No alarm ${alarm} about ${about}:\n${logs()}`, { cause: error })
        })
      return find() as Line
    },
    sql: await openSql(deployment.databaseUrl, atEnd),
  }
}

async function seedHomestays(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl, { poolSize: 1 })
  await seed(db)
  await db.$disconnect()
}

function openCommand(env: Record<string, string>): Pick<Operated, 'admin' | 'adminJson' | 'act'> {
  const admin: Operated['admin'] = async (...args) => {
    const started = run(['node', 'src/admin.ts', ...args], { env })
    const { code } = await started.ended
    return { code, output: started.output() }
  }
  const mustDo = async (...args: string[]) => {
    const { code, output } = await admin(...args)
    if (code !== 0) throw new Error(`admin ${args.join(' ')} ended with ${code}: ${output}`)
    return output
  }
  return {
    admin,
    adminJson: async <Result>(...args: string[]) => JSON.parse(await mustDo(...args, '--json')) as Result,
    act: async (args, reason) => {
      const foreseen = await mustDo(...args, '--dry-run')
      expect(foreseen).toMatch(/^Dry run: nothing is changed\./)
      return { foreseen, done: await mustDo(...args, '--as', AT_THE_TERMINAL, '--reason', reason) }
    },
  }
}

/** The first line with this alarm; a line that isn't written to its end yet is none. */
function findAlert(logs: string, alarm: string, about = ''): Line | undefined {
  const lines = logs.split('\n').filter((line) => line.includes(`"alarm":"${alarm}"`) && line.includes(about))
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Line)[0]
}

async function openSql(databaseUrl: string, atEnd: AtEnd): Promise<Operated['sql']> {
  const client = new Client({ connectionString: databaseUrl })
  // Where the test fails, its database is dropped before.
  client.on('error', () => {})
  await client.connect()
  atEnd(() => client.end())
  // The triggers that keep facts and events as they are.
  await client.query('SET session_replication_role = replica')
  return async <Row extends object>(statement: string, values: unknown[] = []) =>
    (await client.query<Row>(statement, values)).rows
}
