import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError } from '../setup-error.ts'

/** How to run PostgreSQL's programs, which refuse to run as root. */
export interface RunAs {
  uid?: number
  gid?: number
  /** Goes in front of the command. */
  prefix: string[]
  /** Gives a folder to the user that they run as. */
  own(folder: string): void
}

/**
 * The user for PostgreSQL's programs: the present one, unless that is root. Then it is the owner of the data, else
 * `postgres`, else `nobody`; where that user can't enter the folders (a project below /root, say), it gets the
 * capability to.
 *
 * @throws {SetupError} when no user works.
 */
export function chooseRunAs(paths: { program: string; cluster: string }): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [], own: () => {} }
  const { uid, gid } = existsSync(paths.cluster) ? ownerOf(paths.cluster) : findUser('postgres', 'nobody')
  const own = (folder: string) => chownSync(folder, uid, gid)

  const plain: RunAs = { uid, gid, prefix: [], own }
  if (canReach(plain, paths)) return plain
  // no_setuid_fixup: without it, access(2) ignores the capabilities.
  const capable = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--clear-groups',
    '--',
  ]
  const passing: RunAs = { prefix: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...capable], own }
  if (canReach(passing, paths)) return passing
  throw new SetupError(
    `The embedded PostgreSQL doesn't run as root, and the user it runs as (uid ${uid}) can't reach ` +
      `${dirname(paths.cluster)} and ${paths.program}. Keep the project where every user may enter, start it as ` +
      `another user, or set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

function ownerOf(folder: string): { uid: number; gid: number } {
  const { uid, gid } = statSync(folder)
  if (uid === 0)
    throw new SetupError(`${folder} belongs to root, as whom PostgreSQL refuses to run: give it to another user.`)
  return { uid, gid }
}

function findUser(...names: string[]): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of names) {
    const [, , uid, gid] = users.find(([user]) => user === name) ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: 65_534, gid: 65_534 }
}

function canReach({ uid, gid, prefix }: RunAs, { program, cluster }: { program: string; cluster: string }): boolean {
  const shell = ['/bin/sh', '-c', 'cd "$1" && [ -x "$2" ] && "$2" --version', 'sh', dirname(cluster), program]
  const [command, ...args] = [...prefix, ...shell]
  return command !== undefined && spawnSync(command, args, { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0
}
