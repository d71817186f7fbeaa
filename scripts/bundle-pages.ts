/**
 * `npm run pages`: bundles the pages of `web/` for browsers, into `web/dist/`. Every installation does it too, and
 * `npm run build` for `dist/`. `node scripts/bundle-pages.ts PAGE FOLDER` bundles one of them into a folder, as the sandbox's
 * package does.
 */
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'

/** The folders of `web/` that are a page, each with a `main.tsx`. */
const PAGES = ['play', 'console', 'sandbox']
/** Their files that are served as they are. */
const AS_THEY_ARE = ['index.html', 'icon.svg']
const WEB = join(import.meta.dirname, '../web')
const DIST = join(WEB, 'dist')

/** Bundles pages, each into a folder of `target`. */
export async function bundlePages(target = DIST, pages: readonly string[] = PAGES): Promise<void> {
  for (const page of pages) await bundlePage(page, join(target, page))
}

/** Writes into `folder`: `main.js`, `main.css`, what `main.js` loads later, and the files that are served as they are. */
async function bundlePage(page: string, folder: string): Promise<void> {
  const source = join(WEB, page)
  mkdirSync(folder, { recursive: true })
  const { scripts, styles } = await bundle(join(source, 'main.tsx'))
  for (const { name, code } of scripts) writeFileSync(join(folder, name), code)
  writeFileSync(join(folder, 'main.css'), styles)
  for (const file of AS_THEY_ARE) copyFileSync(join(source, file), join(folder, file))
}

/** Whether nothing that the pages are made of has changed since they were bundled. */
export function arePagesCurrent(): boolean {
  const sources = globSync([`{kit,${PAGES.join(',')}}/**/*.{ts,tsx,css,html,svg}`, 'tsconfig.json'], { cwd: WEB })
  const changedAt = [import.meta.filename, ...sources.map((path) => join(WEB, path))].map(modifiedAt)
  const bundledAt = PAGES.map((page) => modifiedAt(join(DIST, page, 'main.js')))
  return Math.max(...changedAt) < Math.min(...bundledAt)
}

function modifiedAt(path: string): number {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

interface Script {
  name: string
  code: string
}

async function bundle(input: string): Promise<{ scripts: Script[]; styles: string }> {
  const styles = collectStyles(input)
  const opened = await rolldown({
    input,
    platform: 'browser',
    tsconfig: join(WEB, 'tsconfig.json'),
    plugins: [styles.plugin],
  })
  const { output } = await opened.generate({ format: 'esm', minify: true, chunkFileNames: '[name].js' })
  await opened.close()
  const scripts = output.flatMap((each) => (each.type === 'chunk' ? [{ name: each.fileName, code: each.code }] : []))
  return { scripts, styles: styles.text() }
}

/**
 * Gathers the styles that components import, in the order of their imports: a component's own come before those of what
 * it is made of. The pages' content security policy allows no styles but from files.
 */
function collectStyles(input: string): { plugin: Plugin; text: () => string } {
  const files = new Set<string>()
  return {
    plugin: {
      name: 'styles',
      load: {
        filter: { id: /\.css$/ },
        handler: () => ({ code: '', moduleType: 'js' }),
      },
      buildEnd() {
        const seen = new Set<string>()
        const visit = (id: string) => {
          if (seen.has(id)) return
          seen.add(id)
          if (id.endsWith('.css')) files.add(id)
          const { importedIds = [], dynamicallyImportedIds = [] } = this.getModuleInfo(id) ?? {}
          for (const imported of [...importedIds, ...dynamicallyImportedIds]) visit(imported)
        }
        visit(input)
      },
    },
    text: () => [...files].map((file) => readFileSync(file, 'utf8')).join('\n'),
  }
}

if (import.meta.main) {
  const [page, folder] = process.argv.slice(2)
  if (page !== undefined && folder !== undefined) await bundlePage(page, folder)
  else await bundlePages()
}
