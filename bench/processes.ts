import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { NO_ENV_FILE } from '../test/harness/no-env-file.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const READY_WITHIN_MS = 60_000
/** A process that stops in time does so within 10 s. */
const STOP_WITHIN_MS = 12_000

export interface Running {
  pid: number
  stop(): Promise<void>
}

interface Command {
  /** From the repository's folder. */
  file: string
  env: Record<string, string>
  /** Where its output goes. */
  folder: string
  /** Answers 200 once it is ready. */
  readyUrl: string
}

let started = 0

/** Starts a Node process with nothing of our environment but PATH, and waits until it is ready. */
export async function startNode({ file, env, folder, readyUrl }: Command): Promise<Running> {
  started += 1
  const logFile = join(folder, `${started}-${file.replaceAll(/\W+/g, '-')}.log`)
  const output = openSync(logFile, 'w')
  const child = spawn('sh', ['-c', commandOf(file)], {
    cwd: REPOSITORY,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: process.env['HOME'],
      ...NO_ENV_FILE,
      ...env,
    },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const stop = () => end(child)
  const endsAt = performance.now() + READY_WITHIN_MS
  while (isRunning(child) && performance.now() < endsAt) {
    const answer = await fetch(readyUrl).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return { pid: child.pid ?? 0, stop }
    await sleep(30)
  }
  await stop()
  throw new Error(`${file} isn't ready:\n${readFileSync(logFile, 'utf8').slice(-4_000)}`)
}

/** With which an operator's `npm run` starts this file, where there is one. */
function commandOf(file: string): string {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as PackageJson
  const command = Object.values(scripts).find((script) => script.includes('exec node ') && script.endsWith(` ${file}`))
  return command ?? `exec node ${file}`
}

interface PackageJson {
  scripts: Record<string, string>
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(timer)
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
