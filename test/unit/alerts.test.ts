import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { adminCommands } from '../harness/admin-commands.ts'

const sources = globSync('src/**/*.ts').map((path) => ({ path, text: readFileSync(path, 'utf8') }))

/** The innermost braces around a place of a text. */
function bracesAround(text: string, place: number): string {
  let depth = 0
  let from = place
  while (from > 0 && !(text[from] === '{' && depth === 0)) {
    if (text[from] === '}') depth += 1
    if (text[from] === '{') depth -= 1
    from -= 1
  }
  depth = 0
  let to = from + 1
  while (to < text.length && !(text[to] === '}' && depth === 0)) {
    if (text[to] === '{') depth += 1
    if (text[to] === '}') depth -= 1
    to += 1
  }
  return text.slice(from, to + 1)
}

describe('an alert', () => {
  test('names the next step, wherever it is raised', () => {
    const alerts = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\balarm: '[\w-]+'/g)].map(({ 0: alarm, index }) => ({ path, alarm, text, index })),
    )
    expect(alerts.length).toBeGreaterThan(20)
    const without = alerts.filter(({ text, index }) => !/\bremedy\b/.test(bracesAround(text, index)))
    expect(without.map(({ path, alarm }) => `${path}: ${alarm}`)).toEqual([])
  })

  test('names only commands that exist', () => {
    const words = adminCommands()
    // What follows a command of one word is the sentence.
    const isCommand = ([first = '', second = '']: string[]) =>
      words.includes(`${first} ${second}`) ||
      (words.includes(first) && (second === '' || !words.some((each) => each.startsWith(`${first} `))))
    const named = sources.flatMap(({ text }) =>
      [...text.matchAll(/npm run (?:-s )?admin -- ([a-z]+) ?([a-z]*)/g)].map(([, ...two]) => two),
    )
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((each) => !isCommand(each))).toEqual([])
  })
})
