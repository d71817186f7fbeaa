/**
 * `npm run generate`, also run after every installation but one for production (`npm ci --omit=dev`), which runs `dist/` and
 * lacks what generates: Prisma's client, the client package's documents, and the bundled pages.
 */
import { spawnSync } from 'node:child_process'
import { bundlePages } from './bundle-pages.ts'

// Prisma would download its schema engine, although generating doesn't need it.
run('prisma', ['generate', '--no-hints'], { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' })
run('graphql-codegen', ['--config', 'codegen.ts', '--silent'])
await bundlePages()

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    env: { ...env, ...process.env },
    encoding: 'utf8',
  })
  if (status === 0) return
  process.stderr.write(`${command} failed: ${error?.message ?? ''}\n${stdout}${stderr}`)
  process.exit(1)
}
