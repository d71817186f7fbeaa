import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeScratch } from './scratch.ts'

/** How npm says that there is neither a network nor a cache of what it needs. */
const AWAY = /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/

export interface ProductionTree {
  folder: string
  /** The command that runs what was built of a source, like `src/api.ts`. */
  command(source: string): string[]
  /** What is installed, in MB. */
  weigh(): Promise<number>
  /** Deletes what other databases need, as an image does. */
  prune(): Promise<void>
  remove(): Promise<void>
}

/**
 * What a production has, and nothing else: dist/, package.json, its lock file, and what `npm ci --omit=dev` installs by them.
 * Offline, and with nothing in npm's cache, it says so in one line and is undefined; with CI=true that is a failure.
 */
export async function installProduction(): Promise<ProductionTree | undefined> {
  const folder = await makeScratch('looklook-production-')
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc', 'deploy'])
      cpSync(file, join(folder, file), { recursive: true })
    const [, installed] = await Promise.all([
      runToEnd('node', ['scripts/build.ts', join(folder, 'dist')]),
      runToEnd('npm', ['ci', '--omit=dev', '--prefer-offline', '--no-audit'], folder).then(
        () => true,
        (error: unknown) => refuseUnlessAway(error),
      ),
    ])
    if (!installed) {
      await remove()
      return undefined
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {
    folder,
    command: (source) => ['node', join(folder, 'dist', source.replace(/\.ts$/, '.js'))],
    weigh: async () => Number.parseInt(await runToEnd('du', ['-sm', 'node_modules'], folder), 10),
    prune: async () => void (await runToEnd('deploy/prune.sh', [], folder)),
    remove,
  }
}

function refuseUnlessAway(error: unknown): false {
  if (!AWAY.test(String(error)) || process.env['CI'] === 'true') throw error
  process.stderr.write('npm reaches no registry, and its cache lacks packages: the tests of production are skipped\n')
  return false
}

/** @returns what it wrote. @throws {Error} with that when it fails. */
async function runToEnd(program: string, args: string[], cwd = process.cwd()): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}
