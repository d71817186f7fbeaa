import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { applyChange, controls } from '../../faults/controls.ts'

describe('the mistakes that a run of test:faults must find', () => {
  test('are ten at least, of six rules', () => {
    expect(controls.length).toBeGreaterThanOrEqual(10)
    expect(new Set(controls.map(({ breaks }) => breaks)).size).toBeGreaterThanOrEqual(6)
  })

  test.each(controls.flatMap(({ name, changes }) => changes.map((change) => ({ name, change }))))(
    '$name can be made in the code as it is',
    ({ change }) => {
      const text = readFileSync(`src/${change.file}`, 'utf8')
      expect(applyChange(text, change)).not.toBe(text)
    },
  )
})
