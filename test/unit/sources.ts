import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

export interface Source {
  /** From `src/`, like `order/booking.ts` or `../client/src/watch.ts`. */
  path: string
  /** The folder of `src/` that it belongs to; empty for a file right in `src/`. */
  folder: string
  /** What it imports, types included: files as paths of the same kind, packages of this repository by their names. */
  imports: string[]
  text: string
  /** Without comments. */
  code: string
}

/** What a file imports, types included, as it is written there. */
export function specifiersOf({ code }: Pick<Source, 'code'>): string[] {
  return [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier)
}

function read(path: string): Source {
  const text = readFileSync(join(REPOSITORY, 'src', path), 'utf8')
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const imports = specifiersOf({ code })
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(path), specifier)))
  return { path, folder: folderOf(path), imports, text, code }
}

function readFolder(folder: string, names: RegExp): Source[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => names.test(name) && !name.includes('node_modules') && !name.startsWith('dist/'))
    .map((name) => read(relative('src', join(folder, name))))
}

/** What runs on Node, without the sandbox. */
export const sources = readFolder('src', /\.ts$/)

export const sandboxSources = readFolder('packages/sandbox/src', /\.ts$/)

/** What uses the product and the sandbox from outside. */
export const toolSources = ['bench', 'examples', 'scripts', 'test'].flatMap((folder) => readFolder(folder, /\.ts$/))

/** What browsers and mini-programs run. */
export const clientSources = readFolder('client/src', /\.(ts|js)$/)

/** The pages, as they are before they are bundled. */
export const webSources = readFolder('web', /\.tsx?$/).filter(({ path }) => !path.includes('/generated/'))

/** The first folder of a path from `src/`; empty for a file right in `src/`. */
export function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : ''
}

/** Every import as `who -> whom`, of the files and targets that the two conditions pick. */
export function edges(from: Source[], to: (target: string, source: Source) => boolean = () => true): string[] {
  return from.flatMap((source) =>
    source.imports.filter((target) => to(target, source)).map((target) => `${source.path} -> ${target}`),
  )
}

export const byName = (a = '', b = '') => (a < b ? -1 : 1)

export function readRepositoryFile(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8')
}
