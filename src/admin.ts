/**
 * `npm run admin -- …`: the operator's command; `--help` says what it can do. Exits with 1 when it couldn't be done, and
 * with 2 when it was asked for wrongly.
 */
import './infra/node-version.ts'
import { join } from 'node:path'
import { runCommand } from './admin/run.ts'
import { type Opened, type Terminal, writeTo } from './admin/terminal.ts'
import { openApp } from './app.ts'
import { findConsoleUrl } from './infra/data-dir.ts'
import { openDatabase } from './infra/database.ts'
import { findEmbeddedPostgres } from './infra/embedded-postgres.ts'
import { openProcessLog } from './infra/logger.ts'
import { openQueue } from './infra/queue.ts'
import { readSandboxSettings } from './infra/sandbox-settings.ts'
import { readConfig, readEnvironment } from './process.ts'

/**
 * These settings with those of an `npm start` that runs on DATA_DIR, where no database is set: its own, its console, and its
 * sandbox unless there is a WeChat.
 */
export function withStarted(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // An empty value counts as unset.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()))
  if (set['DATABASE_URL']) return set
  const dataDir = set['DATA_DIR'] ?? '.data'
  const databaseUrl = findEmbeddedPostgres(dataDir)
  const hasWechat = Object.keys(set).some((name) => name.startsWith('WECHAT_'))
  const sandbox = databaseUrl === undefined || hasWechat ? {} : readSandboxSettings(join(dataDir, 'sandbox'))
  return { CONSOLE_URL: findConsoleUrl(dataDir), ...sandbox, ...set, DATABASE_URL: databaseUrl }
}

/** Opens what a command needs on its first use, so that `--help` needs no settings. */
function createTerminal(env: NodeJS.ProcessEnv): Terminal & { close(): Promise<void> } {
  const closers: (() => Promise<unknown>)[] = []
  let opened: Opened | undefined
  const open = () => {
    if (opened) return opened
    const config = readConfig(env, 'admin')
    const log = openProcessLog(config)
    const isPooled = !config.preparedStatements
    const db = openDatabase(config.databaseUrl, { poolSize: 2, isPooled, log })
    closers.push(() => db.$disconnect())
    return (opened = { config, db, log })
  }
  return {
    open,
    openDeps: async () => {
      const app = await openApp(readConfig(env, 'operator'), { log: open().log, role: 'send' })
      closers.push(app.close)
      return app.deps
    },
    openQueue: async () => {
      const { config, log } = open()
      const queue = await openQueue(config.databaseDirectUrl ?? config.databaseUrl, 'send', log)
      closers.push(() => queue.stop({ graceful: false }))
      return queue
    },
    say: (text) => void process.stdout.write(`${text}\n`),
    write: (texts) => writeTo(process.stdout, texts),
    complain: (text) => void process.stderr.write(`${text}\n`),
    close: async () => {
      for (const close of closers.toReversed()) await close()
    },
  }
}

async function run(): Promise<void> {
  const terminal = createTerminal(withStarted(readEnvironment().env))
  try {
    process.exitCode = await runCommand(terminal, process.argv.slice(2))
  } finally {
    await terminal.close()
  }
}

if (import.meta.main) await run()
