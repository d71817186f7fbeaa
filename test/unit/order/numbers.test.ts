import { describe, expect, test } from 'vitest'
import { createSn } from '../../../src/infra/numbers.ts'
import { formatDay, shanghaiDay } from '../../../src/infra/shanghai.ts'

describe('a number', () => {
  test.for(['HO', 'PA', 'RE'] as const)(
    'makes a number of kind %s from its prefix, the day in Shanghai and 18 random characters',
    (kind) => {
      const before = formatDay(shanghaiDay(new Date()))
      const sn = createSn(kind)
      const after = formatDay(shanghaiDay(new Date()))
      expect(sn).toMatch(/^(HO|PA|RE)\d{8}[0-9A-HJKMNP-TV-Z]{18}$/)
      expect(sn.slice(0, 2)).toBe(kind)
      expect([before, after].map((day) => day.replaceAll('-', ''))).toContain(sn.slice(2, 10))
    },
  )

  test('makes numbers that fit the 6 to 32 characters of WeChat', () => {
    expect(createSn('PA')).toMatch(/^[0-9A-Za-z_|*-]{6,32}$/)
  })

  test('gives a number 90 random bits: 18 characters drawn uniformly from 32', () => {
    const drawn = Array.from({ length: 6_400 }, () => createSn('PA').slice(10))
    expect(new Set(drawn).size).toBe(drawn.length)
    for (let place = 0; place < 18; place++) {
      const counts = Map.groupBy(drawn, (random) => random[place])
      expect(counts.size).toBe(32)
      for (const { length } of counts.values()) expect(Math.abs(length - 200)).toBeLessThan(100)
    }
    expect(drawn[0]?.length).toBe(18)
  })
})
