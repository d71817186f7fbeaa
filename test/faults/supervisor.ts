import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_ENV_FILE } from '../harness/no-env-file.ts'
import type { Exit } from './evidence.ts'

const RESTARTS_AFTER_MS = 100

interface Program {
  name: string
  /** A file of the code that is tried. */
  file: string
  env: Record<string, string>
  /** Where its `/readyz` is. */
  port: number
  /** Whether it works on jobs and runs loops. */
  works: boolean
}

interface Place {
  root: string
  logFolder: string
  /** Of each process, beside its own. */
  env: Record<string, string>
}

interface Supervised extends Program {
  isReady(): Promise<boolean>
  /** Ends it at once; it is started again. */
  kill(): void
  /** Frozen, its connections stay open. */
  freeze(): void
  thaw(): void
}

export interface Supervisor {
  processes: Supervised[]
  /** How each process ended that did. */
  exits: Exit[]
  start(program: Program): void
  /** Of those that run. */
  pids(): number[]
  /** Resolves once all are ready; rejects after so long. */
  allReady(withinMs: number): Promise<void>
  stop(): Promise<void>
}

/**
 * Keeps processes running, as an orchestrator does: whatever ends is started again. Their logs are appended to files in
 * `logFolder`, one each.
 *
 * @param place.root the code that runs.
 * @param place.env what each of them is started with.
 */
export function createSupervisor(place: Place): Supervisor {
  const processes: Supervised[] = []
  const exits: Exit[] = []
  const children = new Map<string, ChildProcess>()
  const killed = new WeakSet<ChildProcess>()
  let isStopping = false

  const launchAgain = (program: Program) => {
    if (!isStopping) launch(program)
  }
  const launch = (program: Program) => {
    const child = spawnLogged(program, place)
    children.set(program.name, child)
    child.once('exit', (code, signal) => {
      if (isStopping) return
      exits.push({ process: program.name, code, signal, isOurs: killed.has(child), at: Date.now() })
      setTimeout(launchAgain, RESTARTS_AFTER_MS, program)
    })
  }
  const send = (name: string, signal: NodeJS.Signals) => {
    const child = children.get(name)
    if (child && signal === 'SIGKILL') killed.add(child)
    child?.kill(signal)
  }
  return {
    processes,
    exits,
    start: (program) => {
      launch(program)
      const supervised: Supervised = {
        ...program,
        isReady: () => isReady(program.port),
        kill: () => send(program.name, 'SIGKILL'),
        freeze: () => send(program.name, 'SIGSTOP'),
        thaw: () => send(program.name, 'SIGCONT'),
      }
      processes.push(supervised)
    },
    pids: () => [...children.values()].filter(isRunning).flatMap(({ pid }) => pid ?? []),
    allReady: async (withinMs) => {
      const endsAt = performance.now() + withinMs
      while (performance.now() < endsAt) {
        const ready = await Promise.all(processes.map((each) => each.isReady()))
        if (ready.every(Boolean)) return
        await sleep(100)
      }
      throw new Error(`not all processes are ready after ${withinMs / 1_000} s: their logs are in ${place.logFolder}`)
    },
    stop: async () => {
      isStopping = true
      await Promise.all([...children.values()].map(end))
    },
  }
}

function spawnLogged({ name, file, env }: Program, { root, logFolder, env: common }: Place): ChildProcess {
  const output = openSync(join(logFolder, `${name.replaceAll(' ', '-')}.log`), 'a')
  try {
    return spawn(process.execPath, [file], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...NO_ENV_FILE, ...common, ...env },
      stdio: ['ignore', output, output],
    })
  } finally {
    closeSync(output)
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000)
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' }, signal })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
