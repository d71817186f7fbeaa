import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock, forgetClockOf } from './clock.ts'

/** Set for the command that is run again. */
const IS_PREPARED = 'FAULTS_ARE_PREPARED'

/** Mounts of its own, which end with the last of its processes, however that ends. */
const WITH_OWN_MOUNTS = ['unshare', '--mount', '--propagation', 'private']

/** Whether this process may mount what nobody else sees. */
export const hasOwnMounts = (): boolean => process.env[IS_PREPARED] === 'with own mounts'

/**
 * Runs this command again with a clock that can be moved and mounts of its own, as far as there are libfaketime and the right to
 * mount; each that isn't there is said in one line.
 *
 * @returns the exit code of that run; null when this is it.
 */
export async function runPrepared(say: (line: string) => void): Promise<number | null> {
  if (process.env[IS_PREPARED] !== undefined) return null
  const folder = await mkdtemp(join(tmpdir(), 'looklook-clock-'))
  try {
    // PostgreSQL runs as another user.
    await chmod(folder, 0o755)
    const clock = createClock(folder)
    if (!clock) {
      say('the clock is never moved: there is no libfaketime (apt-get install faketime)')
      if (process.env['CI'] === 'true') return 1
    }
    const [unshare = '', ...args] = WITH_OWN_MOUNTS
    const canMount = spawnSync(unshare, [...args, 'true'], { stdio: 'ignore' }).status === 0
    if (!canMount) say('the disk is never full: this user may not mount one')
    const prefix = canMount ? WITH_OWN_MOUNTS : []
    return await runAgain(prefix, { ...clock, [IS_PREPARED]: canMount ? 'with own mounts' : 'yes' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runAgain(prefix: string[], env: Record<string, string>): Promise<number> {
  const [program = process.execPath, ...args] = [...prefix, process.execPath, ...process.argv.slice(1)]
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  // It ends by itself, and cleans up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (ended) => resolve(ended ?? 1))
  })
  if (child.pid !== undefined) forgetClockOf(child.pid)
  return code
}
