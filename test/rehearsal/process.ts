import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NO_ENV_FILE } from '../harness/no-env-file.ts'
import { isReady } from '../harness/readiness.ts'
import { until } from '../harness/until.ts'
import type { Place } from './place.ts'
import type { Release } from './release.ts'

/** Within 10 s a process has stopped by itself. */
const GRACE_MS = 15_000

export interface Program {
  name: string
  release: Release
  /** Like `src/api.ts`. */
  source: string
  flags?: string[]
  port: number
  env: Record<string, string>
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  seconds: number
}

/** A process of a deployment, which is ready. */
export interface Running {
  name: string
  version: string
  port: number
  url: string
  readySeconds: number
  hasEnded(): boolean
  /** Sends SIGTERM, and says how it ended; what hasn't within its grace is killed. Safe to call twice. */
  stop(): Promise<Ended>
}

function environment(env: Record<string, string>): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], HOME: process.env['HOME'], ...NO_ENV_FILE, ...env }
}

/** Starts a process in a group of its own, so that Ctrl-C doesn't reach it, and waits until it is ready. */
export async function startProcess({ logs, atEnd, signal }: Place, program: Program): Promise<Running> {
  signal.throwIfAborted()
  const { name, release, source, flags = [], port, env } = program
  const { version, root, layout } = release
  const logFile = join(logs, `${name.replaceAll(' ', '-')}-${version}.log`)
  const output = openSync(logFile, 'a')
  const begunAt = performance.now()
  const child = spawn(process.execPath, [...flags, layout.file(source)], {
    cwd: root,
    detached: true,
    stdio: ['ignore', output, output],
    env: environment({ ...env, PORT: `${port}` }),
  })
  closeSync(output)
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const terminate = async (): Promise<Ended> => {
    const stoppedAt = performance.now()
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    const [code, killedBy] = await exit
    clearTimeout(timer)
    return { code, signal: killedBy, seconds: (performance.now() - stoppedAt) / 1_000 }
  }
  let stopping: Promise<Ended> | undefined
  const stop = () => (stopping ??= terminate())
  atEnd(async () => void (await stop()))
  const ready = async () => {
    if (hasEnded()) throw new Error(`${name} has ended, and says why in ${logFile}`)
    return (await isReady(port)) || undefined
  }
  await until(`${name} is ready (${logFile})`, ready, { signal })
  const readySeconds = (performance.now() - begunAt) / 1_000
  return { name, version, port, url: `http://127.0.0.1:${port}`, readySeconds, hasEnded, stop }
}

/** Runs a command of a release, like `scripts/db-migrate.ts`, to its end. @throws {Error} with what it said, when it fails. */
export async function runCommand(
  { signal }: Place,
  { root, layout }: Release,
  source: string,
  env: Record<string, string>,
): Promise<void> {
  const options = { cwd: root, env: environment(env), signal }
  await promisify(execFile)(process.execPath, [layout.file(source)], options)
}
