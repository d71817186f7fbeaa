import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { TalliedCounter } from '../../../src/infra/metrics/tallied-counter.ts'

function openCounter() {
  const registry = new Registry()
  const counter = new TalliedCounter({ name: 'a_total', help: 'A.', labelNames: ['b', 'c'], registers: [registry] })
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('a_total'))
  return { counter, lines }
}

describe('a tallied counter', () => {
  test('counts what was tallied, however often it is collected', async () => {
    const { counter, lines } = openCounter()
    const tally = counter.of({ b: 'x', c: 'y' })
    tally.count += 2
    counter.inc({ c: 'y', b: 'x' })
    expect(await lines()).toEqual(['a_total{b="x",c="y"} 3'])
    expect(await lines()).toEqual(['a_total{b="x",c="y"} 3'])
    tally.count += 1
    counter.inc({ b: 'x', c: 'z' })
    expect(await lines()).toEqual(['a_total{b="x",c="y"} 4', 'a_total{b="x",c="z"} 1'])
  })

  test('has no series before something was counted', async () => {
    expect(await openCounter().lines()).toEqual([])
  })
})
