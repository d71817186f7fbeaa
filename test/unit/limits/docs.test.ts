import { describe, expect, test } from 'vitest'
import { readLimits } from '../../../src/config/limits.ts'
import { createReader } from '../../../src/config/reader.ts'
import { readRepositoryFile } from '../sources.ts'

const DOCS = readRepositoryFile('docs/limits.md')

/** Each setting of a limit with its default, as they are read. */
function settings(): [name: string, byDefault: number][] {
  const names: string[] = []
  const reader = createReader({})
  const limits = readLimits({
    ...reader,
    withDefault: (name, setting, text) => {
      names.push(name)
      return reader.withDefault(name, setting, text)
    },
  })
  return names.map((name, index) => [name, Object.values(limits)[index] ?? Number.NaN])
}

describe('docs/limits.md', () => {
  test.each(settings())('has a row for %s with its default, %i', (name, byDefault) => {
    expect(DOCS).toMatch(new RegExp(`\\| \`${name}\` ${byDefault}( x)? \\||\\| \`${name}\` ${byDefault}[ ;]`))
  })

  test('names the limit as the metric does', () => {
    const labels = Object.keys(readLimits(createReader({}))).filter((limit) => DOCS.includes(`| \`${limit}\` |`))
    expect(labels).toHaveLength(settings().length - 3)
  })
})
