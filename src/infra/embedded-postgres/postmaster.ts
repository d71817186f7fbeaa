import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SetupError, systemCode } from '../setup-error.ts'

/** What PostgreSQL itself writes about the server that runs on a cluster: pid first, state on the eighth line. */
function readPidFile(cluster: string): { pid: number; state: string } | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), state: (lines[7] ?? '').trim() }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whether the server with this process id says that it takes connections. */
export function isReady(cluster: string, pid: number): boolean {
  const found = readPidFile(cluster)
  return found?.pid === pid && found.state === 'ready'
}

/**
 * Removes what a killed server leaves of its socket. PostgreSQL would refuse to start while a process has its pid,
 * be it a stranger or a zombie of its own. Only once no server runs on the folder.
 */
export function clearSocket(socketFolder: string): void {
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) rmSync(join(socketFolder, name), { force: true })
}

/**
 * Stops the server that a killed parent left behind, and removes the traces of one that was killed itself. Only for
 * the holder of the data folder's lock: no living parent can own that server.
 */
export async function clearLeftover(cluster: string, log: Logger): Promise<void> {
  const found = readPidFile(cluster)
  if (!found) return
  if (!isPostmasterOf(cluster, found.pid)) {
    // PostgreSQL would take a stranger with the same pid for its own server, and refuse to start.
    rmSync(join(cluster, 'postmaster.pid'), { force: true })
    return
  }
  log.warn({ pid: found.pid }, 'stopping the database that a killed process left behind')
  await stopPostmaster(found.pid, () => !isPostmasterOf(cluster, found.pid))
}

/**
 * Fast shutdown first; then, as at a crash that the write-ahead log repairs, at once.
 *
 * @throws {SetupError} when nothing helps.
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

/** Program and arguments of a process; empty when there is none. */
function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
