/**
 * `npm run build [FOLDER]`: JavaScript for production in dist/, or another folder, run as `node dist/src/api.js`, `worker.js`,
 * `console.js` and `admin.js`. It needs what `npm ci --omit=dev` installs, and nothing else.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bundlePages } from './bundle-pages.ts'

/** The folders that are written, and what is in them. */
const FOLDERS = {
  src: 'api.js, worker.js, console.js, admin.js, main.js',
  scripts: 'db-migrate.js, doctor.js',
  prisma: 'migrations, Prisma’s client, demo data',
  'web/dist/console': 'the operators’ console',
  'web/dist/play': 'the page that plays a purchase',
}

const [target = 'dist'] = process.argv.slice(2)
rmSync(target, { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', target], { stdio: 'inherit' })
if (status === 0) {
  // Files that the code reads at run time.
  cpSync('prisma/migrations', join(target, 'prisma/migrations'), { recursive: true })
  await bundlePages(join(target, 'web/dist'), ['console', 'play'])
  for (const [folder, what] of Object.entries(FOLDERS)) say(join(target, folder), what)
  say(target, 'run with what npm ci --omit=dev installs, by Node 24.16 or newer')
}
process.exitCode = status ?? 1

/** A line for a folder that was written: its size, and what is in it. */
function say(folder: string, what: string): void {
  const files = globSync('**', { cwd: folder, withFileTypes: true }).filter((each) => each.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  process.stdout.write(`${(bytes / 1e6).toFixed(2).padStart(7)} MB  ${folder}: ${what}\n`)
}
