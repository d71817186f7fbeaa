import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { childrenOf } from './children.ts'
import type { Image } from './image.ts'
import type { RunningProcess } from './processes.ts'

const NEW_NAMESPACES = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
const CONTAIN = resolve('test/harness/contain.sh')

/** Whether programs can be run as containers run them; says once where this user may not do so. */
export const canContain = findNamespaces()

function findNamespaces(): boolean {
  const [program = '', ...options] = NEW_NAMESPACES
  if (
    process.getuid?.() === 0 &&
    spawnSync(program, [...options, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
  )
    return true
  const line =
    'this user may make no namespaces: what is in images runs without a root of its own, and as who runs the tests'
  process.stderr.write(`${line}\n`)
  return false
}

/**
 * The command that runs what an image is started with, like `api`: in a container where there can be one.
 *
 * @param volume a folder that the container sees under the same path, and can write to.
 */
export function commandOf(
  { root, user = '0:0', workdir, settings }: Image,
  args: string[],
  { volume = '' } = {},
): string[] {
  const entrypoint = JSON.parse(settings['ENTRYPOINT'] ?? '[]') as string[]
  if (!canContain) return [...entrypoint.map((each) => (each.startsWith('/') ? join(root, each) : each)), ...args]
  return [...NEW_NAMESPACES, CONTAIN, root, dirname(process.execPath), user, workdir, volume, ...entrypoint, ...args]
}

/** Runs a command beside the first process of a container, as `docker exec` does. */
export async function execIn(
  { pid }: Pick<RunningProcess, 'pid'>,
  { user = '0:0' }: Pick<Image, 'user'>,
  { command, env }: { command: string[]; env: Record<string, string> },
): Promise<{ status: number | null; output: string }> {
  const [uid, gid] = user.split(':')
  const [first] = childrenOf(pid)
  if (first === undefined) throw new Error(`process ${pid} has no child whose namespaces could be entered`)
  const inside = ['--mount', '--pid', '--root', '--wd', `--setuid=${uid}`, `--setgid=${gid}`]
  const child = spawn('/usr/bin/nsenter', [`--target=${first}`, ...inside, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PATH: '/node:/usr/bin:/bin' },
  })
  const [output, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { status, output: output + errors }
}
