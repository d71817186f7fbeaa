import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '../harness/app.ts'

const guide = readFileSync('docs/operations.md', 'utf8')

/** The distinct matches of the pattern's group, sorted. */
function found(pattern: RegExp, text = guide): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort()
}

describe('docs/operations.md', () => {
  test('the guide documents every alarm of the code, and no other', () => {
    const source = globSync('src/**/*.ts').map((path) => readFileSync(path, 'utf8'))
    const alarms = found(/\balarm: '([\w-]+)'/g, source.join('\n'))
    expect(alarms.length).toBeGreaterThan(0)
    expect(found(/^\| `(?!alarm`)([a-z-]+)` \|/gm)).toEqual(alarms)
  })

  test('the guide documents every metric of the code, and no other', async ({ app }) => {
    const ours = app.deps.metrics.registry.getMetricsAsArray().map(({ name }) => name)
    const named = found(/^\| `(looklook_\w+)/gm)
    expect(named).toEqual(ours.filter((name) => !/^(process|nodejs)_/.test(name)).sort())
  })

  test('the guide names only functions that exist, with their files', () => {
    const rows = [...guide.matchAll(/\| `(\w+)`(?: in `(src\/[\w/-]+\.ts)`|, same file) \|/g)]
    expect(rows.length).toBeGreaterThan(0)
    let path = ''
    for (const [, name = '', file] of rows) {
      path = file ?? path
      expect(existsSync(path), path).toBe(true)
      expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`^export (async )?function ${name}\\(`, 'm'))
    }
  })

  test('the guide contains only queries that run', async ({ app }) => {
    const blocks = [...guide.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)
    const questions = blocks.flatMap((sql) => sql.split(';')).filter((text) => text.trim() !== '')
    expect(questions.length).toBeGreaterThan(0)
    for (const question of questions) await app.deps.db.$queryRawUnsafe(question)
  })
})
