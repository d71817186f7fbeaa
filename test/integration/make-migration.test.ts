import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

const SCRIPT = resolve('scripts/make-migration.ts')

function schemaWith(...fields: string[]): string {
  return `datasource db {\n  provider = "postgresql"\n}\n\nmodel Room {\n  id Int @id\n${fields.join('\n')}\n}\n`
}

/** A repository with a committed schema. */
function givenRepository() {
  const folder = mkdtempSync(join(tmpdir(), 'looklook-migration-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder })
  const writeSchema = (...fields: string[]) =>
    writeFileSync(join(folder, 'prisma/schema.prisma'), schemaWith(...fields))
  const commit = () => {
    git('add', '--all')
    git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=test')
  }
  mkdirSync(join(folder, 'prisma'))
  git('init', '--quiet')
  writeSchema()
  commit()
  return {
    writeSchema,
    commit,
    migrations: () => globSync('prisma/migrations/*/migration.sql', { cwd: folder }),
    remove: (path: string) => rmSync(join(folder, dirname(path)), { recursive: true }),
    make: (name: string) => spawnSync(process.execPath, [SCRIPT, name], { cwd: folder, encoding: 'utf8' }),
  }
}

describe('npm run migration', () => {
  test('writes the migration from the committed schema to the changed one', () => {
    const { writeSchema, make, migrations } = givenRepository()
    writeSchema('beds Int')
    const { status, stdout } = make('add_beds')
    expect(status).toBe(0)
    expect(stdout).toContain('ADD COLUMN     "beds"')
    expect(migrations()).toEqual([expect.stringMatching(/^prisma\/migrations\/\d{14}_add_beds\/migration\.sql$/)])
  })

  test('refuses a second migration until the first is committed or deleted', () => {
    const { writeSchema, commit, make, migrations, remove } = givenRepository()
    writeSchema('beds Int')
    make('add_beds')
    const [first = ''] = migrations()
    writeSchema('beds Int', 'floor Int')

    const refused = make('add_floor')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(dirname(first))
    expect(migrations()).toEqual([first])

    remove(first)
    expect(make('add_beds_and_floor').stdout).toMatch(/"beds"[^]*"floor"/)

    commit()
    writeSchema('beds Int', 'floor Int', 'view String')
    const { status, stdout } = make('add_view')
    expect(status).toBe(0)
    expect(stdout).not.toContain('"beds"')
    expect(migrations()).toHaveLength(2)
  })
})
