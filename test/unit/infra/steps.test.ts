import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openSteps } from '../../../src/infra/steps.ts'
import { sources } from '../sources.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function saidSteps() {
  const said: string[] = []
  return { said, steps: openSteps((line) => void said.push(line)) }
}

describe('the steps of a start', () => {
  test('are said as they begin', () => {
    const { said, steps } = saidSteps()
    steps.begin('sandbox', 'opening')
    steps.begin('database', 'starting')
    steps.end()
    expect(said).toEqual(['  sandbox     opening', '  database    starting'])
  })

  test('say of what takes long that it still runs, less and less often', () => {
    const { said, steps } = saidSteps()
    steps.begin('database', 'being made')
    vi.advanceTimersByTime(39_000)
    steps.begin('API', 'opening')
    expect(said).toEqual([
      '  database    being made',
      '  database    still being made, after 5 s',
      '  database    still being made, after 10 s',
      '  database    still being made, after 20 s',
      '  API         opening',
    ])
  })

  test('say which of them has failed, and nothing once all are done', () => {
    const { said, steps } = saidSteps()
    steps.begin('sandbox', 'opening')
    steps.fail()
    expect(said.at(-1)).toBe('The start failed at this step: sandbox')
    steps.begin('database', 'starting')
    steps.end()
    steps.fail()
    vi.advanceTimersByTime(60_000)
    expect(said.at(-1)).toBe('  database    starting')
  })

  test('begin before the code is loaded that takes them, by which time a second may have passed', () => {
    const light = ['main.ts', 'infra/node-version.ts', 'infra/steps.ts']
    const loaded = sources.filter(({ path }) => light.includes(path))
    expect(loaded).toHaveLength(light.length)
    const statically = loaded.flatMap(({ code }) => [...code.matchAll(/^(?:import|export) .*'(.*)'/gm)])
    expect(statically.map(([, specifier]) => specifier)).toEqual(['./infra/node-version.ts', './infra/steps.ts'])
  })
})
