import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ENTRIES = [
  'src/main.ts',
  'src/start.ts',
  'src/api.ts',
  'src/worker.ts',
  'src/console.ts',
  'src/admin.ts',
  'packages/sandbox/src/sandbox.ts',
]

/** Imported, they start nothing. */
const IMPORT_ALL = 'for (const entry of process.argv.slice(1)) await import(entry)'

/**
 * Compiles what the processes of the code in `root` load, for those that are started with `NODE_COMPILE_CACHE=folder`: it
 * takes the half of their start, and a process that is killed leaves nothing of what it has compiled itself.
 *
 * @throws when the code can't be loaded.
 */
export async function compileInto(folder: string, root: string): Promise<void> {
  const entries = ENTRIES.map((entry) => pathToFileURL(join(root, entry)).href)
  const compiling = spawn(process.execPath, ['--input-type=module', '--eval', IMPORT_ALL, ...entries], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_COMPILE_CACHE: folder },
  })
  const [code] = (await once(compiling, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`the code in ${root} can't be loaded: exit code ${code}`)
}
