/**
 * Run by `npm run check`: says what `prisma/schema.prisma` describes and no migration creates, and the reverse; and what
 * processes of the last release would miss. Applies the migrations to a PostgreSQL of its own, for nothing but a database
 * can read their SQL.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts'
import { migrate } from '../src/infra/migrate.ts'
import { findBrokenSinceRelease, readLastRelease } from './released-schema.ts'
import { findSchemaDrift } from './schema-drift.ts'

const log = pino({ level: 'error' })
const dataDir = mkdtempSync(join(tmpdir(), 'looklook-check-'))
const starting = startEmbeddedPostgres({ dataDir, log })
const close = async () => {
  await starting.then((postgres) => postgres.stop()).finally(() => rmSync(dataDir, { recursive: true, force: true }))
}
// The server isn't in our process group, so Ctrl-C doesn't end it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().finally(() => process.exit(1)))
}
try {
  const { url } = await starting
  await migrate(url, { log })
  const { missing, unexpected } = await findSchemaDrift(url, readFileSync('prisma/schema.prisma', 'utf8'))
  for (const line of missing) process.stdout.write(`in prisma/schema.prisma, and created by no migration: ${line}\n`)
  for (const line of unexpected)
    process.stdout.write(`created by a migration, and not in prisma/schema.prisma: ${line}\n`)
  const broken = await findBrokenSinceRelease(url, readLastRelease())
  for (const line of broken) process.stdout.write(`processes of the last release run meanwhile, and ${line}\n`)
  process.exitCode = missing.length + unexpected.length + broken.length === 0 ? 0 : 1
} finally {
  await close()
}
