/** `npm run build`: JavaScript for production in dist/, run as `node dist/src/api.js`, `worker.js`, `console.js` and `admin.js`. */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { bundlePages } from './bundle-pages.ts'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status === 0) {
  // Files that the code reads at run time.
  cpSync('prisma/migrations', 'dist/prisma/migrations', { recursive: true })
  await bundlePages('dist/web/dist')
  process.stdout.write(
    'built: node dist/src/api.js, node dist/src/worker.js, node dist/src/console.js, node dist/src/admin.js\n',
  )
}
process.exitCode = status ?? 1
