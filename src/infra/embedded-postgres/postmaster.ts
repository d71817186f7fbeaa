import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SetupError, systemCode } from '../setup-error.ts'

/** Reads postmaster.pid, which PostgreSQL writes for a running server: the pid in line 1, its state in line 8. */
function readPidFile(cluster: string): { pid: number; state: string } | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), state: (lines[7] ?? '').trim() }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** True when the server with this process id accepts connections. */
export function isReady(cluster: string, pid: number): boolean {
  const found = readPidFile(cluster)
  return found?.pid === pid && found.state === 'ready'
}

/** True when a server accepts connections on this folder, whoever started it. */
export function isServing(cluster: string): boolean {
  const found = readPidFile(cluster)
  return found?.state === 'ready' && isPostmasterOf(cluster, found.pid)
}

/**
 * Removes the socket and lock files of a killed server. PostgreSQL refuses to start while any process has the recorded
 * pid, even an unrelated one or a zombie. Call it only once no server runs on the folder.
 */
export function clearSocket(socketFolder: string): void {
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) rmSync(join(socketFolder, name), { force: true })
}

/**
 * Stops the server that a killed parent left running, or removes the pid file of one that was killed itself. Only for
 * the process that has locked the data folder: then no living parent owns that server.
 */
export async function clearLeftover(cluster: string, log: Logger): Promise<void> {
  const found = readPidFile(cluster)
  if (!found) return
  if (!isPostmasterOf(cluster, found.pid)) {
    // PostgreSQL would take an unrelated process with the same pid for its server, and refuse to start.
    rmSync(join(cluster, 'postmaster.pid'), { force: true })
    return
  }
  log.warn({ pid: found.pid }, 'PostgreSQL of a killed process still running, stopping it')
  await stopPostmaster(found.pid, () => !isPostmasterOf(cluster, found.pid))
}

/**
 * Stops a server: by fast shutdown first, then by immediate shutdown (the next start recovers from the write-ahead
 * log), then by SIGKILL.
 *
 * @throws {SetupError} when it still runs after that.
 */
export async function stopPostmaster(pid: number, hasEnded: () => boolean): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 6_000],
    ['SIGQUIT', 1_500],
    ['SIGKILL', 1_500],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error
    }
    const deadline = performance.now() + waitMs
    while (performance.now() < deadline) {
      if (hasEnded()) return
      await sleep(20)
    }
  }
  throw new SetupError(`The database process ${pid} can't be stopped: end it by hand, then start again.`)
}

function isPostmasterOf(cluster: string, pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  const command = commandOf(pid)
  return command.includes('postgres') && (command.includes(cluster) || command.includes(realpathSync(cluster)))
}

/** Program and arguments of a process; empty when there is no such process. */
function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
