/**
 * `npm run build -w examples/mini-program`: writes dist/, which WeChat's developer tools open, once the client package is
 * built. Takes the folder to put it into as an optional argument.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import type { Settings } from './src/settings.ts'

const EXAMPLE = import.meta.dirname
const SOURCE = join(EXAMPLE, 'src')

export interface BuildOptions {
  /** Replaces what the folder holds. */
  target: string
  /** In place of those in src/settings.ts. */
  settings?: Settings
  /** Replacements for imports. */
  alias?: Record<string, string>
}

/** Bundles the app and each of its pages, with what they share in files of its own; copies everything else. */
export async function buildMiniProgram({ target, settings, alias = {} }: BuildOptions): Promise<void> {
  const { pages } = JSON.parse(readFileSync(join(SOURCE, 'app.json'), 'utf8')) as { pages: string[] }
  rmSync(target, { recursive: true, force: true })
  cpSync(SOURCE, target, { recursive: true, filter: (path) => extname(path) !== '.ts' })
  const bundle = await rolldown({
    input: Object.fromEntries(['app', ...pages].map((name) => [name, join(SOURCE, `${name}.ts`)])),
    platform: 'browser',
    resolve: { alias },
    // For the oldest phones that mini-programs run on.
    transform: { target: 'es2018' },
    plugins: settings ? [replaceSettings(settings)] : [],
  })
  await bundle.write({ dir: target, format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js' })
  await bundle.close()
}

function replaceSettings(settings: Settings): Plugin {
  return {
    name: 'settings',
    load: {
      filter: { id: /[\\/]src[\\/]settings\.ts$/ },
      handler: () => `export const settings = ${JSON.stringify(settings)}`,
    },
  }
}

if (import.meta.main) await buildMiniProgram({ target: process.argv[2] ?? join(EXAMPLE, 'dist') })
