import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { planDatabase } from '../harness/empty-database.ts'
import { run } from '../harness/processes.ts'
import { makeScratch } from '../harness/scratch.ts'

/** `npm run db:migrate` in a folder with this `.env`. */
async function migrateBeside(content: string) {
  const cwd = await makeScratch('looklook-env-')
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  await writeFile(join(cwd, '.env'), content)
  // Empty, so that neither counts.
  const env = { ENV_FILE: '', DATABASE_URL: '' }
  const migration = run(['node', resolve('scripts/db-migrate.ts')], { cwd, env })
  const { code } = await migration.ended
  return { code, output: migration.output(), path: join(cwd, '.env') }
}

describe('a .env in the working folder', () => {
  test('has a process use its settings', async () => {
    const database = planDatabase()
    await database.create()
    const { code, output } = await migrateBeside(
      `# ours\r\nexport DATABASE_URL="${database.url}"\r\nLOG_LEVEL=warn\r\n`,
    )
    expect({ code, output }).toEqual({ code: 0, output: 'The database is up to date\n' })
  })

  test('that is malformed ends the process with a sentence that names it', async () => {
    const { code, output, path } = await migrateBeside('LOG_LEVEL=warn\nhunter2\n')
    expect(code).toBe(1)
    expect(output).toMatch(/^Line 2 of .* is not NAME=value: .*\.\n$/)
    expect(output).toContain(path)
    expect(output).not.toContain('hunter2')
  })
})
