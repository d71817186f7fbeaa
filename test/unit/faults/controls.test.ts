import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { applyChange, controls } from '../../faults/controls.ts'
import { troubles } from '../../faults/troubles.ts'

describe('the mistakes that a run of test:faults must find', () => {
  test('are ten at least, of six rules', () => {
    expect(controls.length).toBeGreaterThanOrEqual(10)
    expect(new Set(controls.map(({ breaks }) => breaks)).size).toBeGreaterThanOrEqual(6)
  })

  test('show in a calm run, or by a trouble that there is', () => {
    const named = controls.flatMap(({ showsIn = [] }) => (showsIn === 'calm' ? [] : showsIn))
    expect(troubles.map(({ item }) => item.name)).toEqual(expect.arrayContaining(named))
  })

  test.each(controls.flatMap(({ name, changes }) => changes.map((change) => ({ name, change }))))(
    '$name can be made in the code as it is',
    ({ change }) => {
      const text = readFileSync(`src/${change.file}`, 'utf8')
      expect(applyChange(text, change)).not.toBe(text)
    },
  )
})
