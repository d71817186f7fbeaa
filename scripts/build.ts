/** `npm run build`: JavaScript for production in dist/, run as `node dist/src/api.js` and `node dist/src/worker.js`. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status === 0) {
  // Files that the code reads at run time.
  for (const folder of ['prisma/migrations', 'src/page']) {
    if (existsSync(folder)) cpSync(folder, `dist/${folder}`, { recursive: true })
  }
}
process.exitCode = status ?? 1
