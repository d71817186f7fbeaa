import { describe, expect, test } from 'vitest'
import { retryMs } from '../../../web/kit/retry.ts'
import { createRandom } from '../../faults/random.ts'

describe('a page that has lost its stream', () => {
  test('waits longer and longer, up to a bound', () => {
    const waits = [0, 1, 2, 3, 4, 5, 100].map((tries) => retryMs(tries, 0.5))
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  })

  test('waits for another time than the other pages', () => {
    const random = createRandom(233)
    const waits = Array.from({ length: 1_000 }, () => retryMs(2, random()))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...waits)).toBeLessThan(3_000)
    const first = waits.filter((wait) => wait < 1_200)
    expect(first.length).toBeGreaterThan(50)
    expect(first.length).toBeLessThan(150)
  })
})
