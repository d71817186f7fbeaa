import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseRunAs } from '../../src/infra/embedded-postgres/run-as.ts'
import { childrenOf } from '../harness/children.ts'
import { clockEnvironmentOfServer, forgetClockOf } from './clock.ts'

const RESTARTS_AFTER_MS = 100

/** A PostgreSQL that is started again whenever it ends, with this run’s clock. */
export interface DatabaseServer {
  /** Its process, and those of its sessions. */
  pids(): number[]
  stop(): Promise<void>
}

/**
 * Keeps a server running whose files are set up, and which doesn't run, with the very command that it ran with. Its output is
 * appended to `logFile`.
 */
export function keepDatabaseServer({ cluster, logFile }: { cluster: string; logFile: string }): DatabaseServer {
  const [program = '', ...args] = readCommand(join(cluster, 'postmaster.opts'))
  const { uid, gid, prefix } = chooseRunAs({ program, cluster })
  const clock = Object.entries(clockEnvironmentOfServer()).map(([name, value]) => `${name}=${value}`)
  // The clock is for the server alone, and not for what changes the user before it.
  const [command = '', ...rest] = [...prefix, 'env', ...clock, program, ...args]
  let server: ChildProcess | undefined
  let isStopping = false
  const launch = () => {
    if (isStopping) return
    const output = openSync(logFile, 'a')
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' }
    server = spawn(command, rest, { uid, gid, cwd: '/', stdio: ['ignore', output, output], env })
    closeSync(output)
    const { pid } = server
    server.once('exit', () => {
      if (pid !== undefined) forgetClockOf(pid)
      setTimeout(launch, RESTARTS_AFTER_MS)
    })
  }
  launch()
  return {
    // Each session has a process group of its own.
    pids: () => (server?.pid === undefined ? [] : [server.pid, ...childrenOf(server.pid)]),
    stop: async () => {
      isStopping = true
      if (!server || server.exitCode !== null || server.signalCode !== null) return
      const ended = once(server, 'exit')
      server.kill('SIGQUIT')
      // Stopped while everything slept, it would never hear that.
      server.kill('SIGCONT')
      await ended
    },
  }
}

/** The program, and what it was started with, each in quotes. */
function readCommand(file: string): string[] {
  const line = readFileSync(file, 'utf8').trim()
  const program = line.slice(0, line.indexOf(' "'))
  return [program, ...[...line.matchAll(/"([^"]*)"/g)].map(([, argument = '']) => argument)]
}
