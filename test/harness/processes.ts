import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, inject, onTestFinished } from 'vitest'
import { NO_ENV_FILE } from './no-env-file.ts'
import { makeScratch } from './scratch.ts'

/** How often to ask a process for what takes it seconds: more often would take the core that it needs for it. */
export const UNHURRIED = { interval: 50 }

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RunningProcess {
  pid: number
  /** What it wrote so far, standard output and standard error together. */
  output(): string
  /** What `pattern` finds in the output, as soon as it does; fails with the output when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void
  /** Sends a signal to everything it started that is still in its process group, as Ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void
  ended: Promise<Ended>
}

/** Has something ended together with what needs it: the test by default, or a deployment that a file's tests share. */
export type AtEnd = (end: () => Promise<void>) => void

export interface Run {
  env?: Record<string, string>
  /** The repository's by default. */
  cwd?: string
  atEnd?: AtEnd
}

/**
 * A command as a person runs it: in a process group of its own, with nothing of our environment but PATH, and with what
 * earlier processes of the run have compiled. Whatever is left of it when the test ends is killed.
 */
export function run(command: string[], { env = {}, cwd, atEnd = onTestFinished }: Run = {}): RunningProcess {
  const [program = '', ...args] = command
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { PATH: path, HOME: process.env['HOME'], ...NO_ENV_FILE, NODE_COMPILE_CACHE: inject('compileCache'), ...env },
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} can't be started`)

  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  let hasEnded = false
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      hasEnded = true
      resolve({ code, signal })
    })
  })
  atEnd(async () => {
    killQuietly(-pid)
    await ended
  })
  return {
    pid,
    output: () => output,
    says: async (pattern) => {
      // Null keeps polling; a process that has ended won't write any more.
      const found = () => pattern.exec(output) ?? (hasEnded ? 'ended' : null)
      const withOutput = (error: unknown) => {
        throw new Error(`It didn't say ${pattern}:\n${output}`, { cause: error })
      }
      await expect.poll(found, { interval: 20 }).not.toBeNull().catch(withOutput)
      const said = pattern.exec(output)
      if (!said) throw new Error(`It ended without saying ${pattern}:\n${output}`)
      return said
    },
    signal: (signal) => void process.kill(pid, signal),
    signalGroup: (signal) => void process.kill(-pid, signal),
    ended,
  }
}

/** The commands of package.json that run a process, without npm around them. */
export const commands = {
  start: ['node', 'src/main.ts'],
  api: ['node', 'src/api.ts'],
  worker: ['node', 'src/worker.ts'],
  migrate: ['node', 'scripts/db-migrate.ts'],
}

/**
 * A folder for DATA_DIR, empty or a copy of another. When the test ends, its database is killed and it is removed.
 */
export async function createDataDir({ like }: { like?: string } = {}): Promise<string> {
  const dataDir = await makeScratch('looklook-flow-')
  onTestFinished(() => removeDataDir(dataDir))
  // The database's files belong to the user it runs as, which fs.cp does not keep.
  if (like !== undefined) execFileSync('cp', ['-a', `${like}/.`, dataDir])
  return dataDir
}

export async function removeDataDir(dataDir: string): Promise<void> {
  const postmaster = findPostmaster(dataDir)
  if (postmaster !== undefined) killQuietly(postmaster)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

/** The pid of the database that runs on a data folder. */
export function findPostmaster(dataDir: string): number | undefined {
  const file = join(dataDir, 'postgres', 'postmaster.pid')
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : Number.NaN
  return Number.isInteger(pid) && isAlive(pid) ? pid : undefined
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already, as it should.
  }
}

export interface Everything extends RunningProcess {
  /** Like http://127.0.0.1:4000. */
  url: string
  /** The sandbox's. */
  wechatUrl: string
}

/** `npm start` on free ports, ready. */
export async function start(
  dataDir: string,
  { env, command = commands.start }: Run & { command?: string[] } = {},
): Promise<Everything> {
  const started = run(command, { env: { DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', ...env } })
  await started.says(/is ready[^]*files /)
  const url = await started.says(/GraphQL +(\S+)\/graphql/)
  const wechat = await started.says(/WeChat +(\S+)/)
  return { ...started, url: url[1] ?? '', wechatUrl: wechat[1] ?? '' }
}

/** The status and body of `/readyz`; status 0 while nothing listens. */
export async function readiness(url: string): Promise<{ status: number; body: unknown }> {
  try {
    const response = await fetch(`${url}/readyz`, { headers: { connection: 'close' } })
    return { status: response.status, body: await response.json() }
  } catch {
    return { status: 0, body: null }
  }
}

/** Sends a GraphQL operation to a running process. */
export async function sendOperation<Data>(
  url: string,
  query: string,
  variables: object = {},
  accessToken?: string,
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as { data?: Data; errors?: unknown }
  if (answer.errors !== undefined || !answer.data) throw new Error(`${query} got ${JSON.stringify(answer)}`)
  return answer.data
}
