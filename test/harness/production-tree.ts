import { chmodSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildImages, type Image, runToEnd } from './image.ts'
import { makeScratch } from './scratch.ts'

/** How npm says that there is neither a network nor a cache of what it needs. */
const AWAY = /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/

export interface ProductionTree {
  /** What the Dockerfile makes. */
  image: Image
  /** What node_modules weighed in MB after each line of RUN that the Dockerfile makes it by. */
  weights: Record<string, number>
  /** Deletes what other databases need once more. */
  pruneAgain(): Promise<void>
  remove(): Promise<void>
}

/**
 * Builds the image of the Dockerfile.
 * Offline, and with nothing in npm's cache, it says so in one line and is undefined; with CI=true that is a failure.
 */
export async function buildProduction(): Promise<ProductionTree | undefined> {
  const folder = await makeScratch('looklook-production-')
  // For the user of the image.
  chmodSync(folder, 0o711)
  const remove = () => rm(folder, { recursive: true, force: true })
  const weights: Record<string, number> = {}
  const onRun = async (line: string, workdir: string) => {
    if (!workdir.startsWith(join(folder, 'modules'))) return
    weights[line] = Number.parseInt(await runToEnd('du', ['-sm', 'node_modules'], { cwd: workdir }), 10)
  }
  try {
    const { modules: installed, production: image } = await buildImages({ folder, onRun }, ['modules', 'production'])
    const { root, workdir } = installed
    const modules = join(root, workdir)
    const pruneAgain = async () => void (await runToEnd('deploy/prune.sh', [], { cwd: modules }))
    return { image, weights, pruneAgain, remove }
  } catch (error) {
    await remove()
    return refuseUnlessAway(error)
  }
}

function refuseUnlessAway(error: unknown): undefined {
  if (!AWAY.test(String(error)) || process.env['CI'] === 'true') throw error
  process.stderr.write('npm reaches no registry, and its cache lacks packages: the tests of production are skipped\n')
}
