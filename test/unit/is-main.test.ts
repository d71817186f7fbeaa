import { describe, expect, test } from 'vitest'
import { isMain } from '../../src/infra/is-main.ts'

describe('a command', () => {
  test.each(['20.20.2', '22.18.0', '24.1.0'])('says on Node %s that it needs a newer one', (version) => {
    expect(() => isMain({}, version)).toThrow('needs Node 24.2 or newer')
  })

  test.each(['24.2.0', '24.21.0', '26.0.0'])('runs on Node %s when it is what was started', (version) => {
    expect(isMain({ main: true }, version)).toBe(true)
    expect(isMain({ main: false }, version)).toBe(false)
  })
})
