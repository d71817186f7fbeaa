import { globSync, readFileSync } from 'node:fs'
import { adminCommands } from '../harness/admin-commands.ts'
import { describe, expect, test } from '../harness/app.ts'

const guide = readFileSync('docs/operations.md', 'utf8')

/** The distinct matches of the pattern's group, sorted. */
function found(pattern: RegExp, text = guide): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort()
}

/** What operators decide, and by which commands. */
const decisions = guide.split('\n## Decide\n')[1]?.split('\n## ')[0] ?? ''

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

  test('the guide names only commands that exist', () => {
    const words = adminCommands()
    const named = [
      ...found(/`npm run admin -- ([a-z ]+[a-z])/g),
      ...found(/^\| [^|]+ \| (?:.*?)`([a-z]+ [a-z]+)(?: [A-Z]+)?`/gm, decisions),
    ]
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((each) => !words.includes(each))).toEqual([])
  })

  test('every alert names the command that resolves it', () => {
    const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| .* \| (.*) \|$/gm)].filter(([, alarm]) => alarm !== 'alarm')
    expect(rows.length).toBeGreaterThan(10)
    const without = rows.filter(([, , remedy = '']) => !/`npm run (admin -- [a-z]+|doctor)/.test(remedy))
    expect(without.map(([, alarm]) => alarm)).toEqual([])
  })

  test('the guide contains only queries that run', async ({ app }) => {
    const blocks = [...guide.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)
    const questions = blocks.flatMap((sql) => sql.split(';')).filter((text) => text.trim() !== '')
    expect(questions.length).toBeGreaterThan(0)
    for (const question of questions) await app.deps.db.$queryRawUnsafe(question)
  })
})
