import { describe, expect, test } from 'vitest'
import { drawTradeCode, normaliseTradeCode } from '../../../src/order/trade-code.ts'

describe('an entry code', () => {
  test('draws entry codes of 8 characters without look-alikes, and none twice', () => {
    const codes = Array.from({ length: 5_000 }, drawTradeCode)
    for (const code of codes) expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
    expect(new Set(codes).size).toBe(codes.length)
    expect([...new Set(codes.join(''))].toSorted().join('')).toBe('23456789ABCDEFGHJKMNPQRSTUVWXYZ')
  })

  test('draws each character of an entry code uniformly', () => {
    const codes = Array.from({ length: 6_200 }, drawTradeCode)
    for (let place = 0; place < 8; place++) {
      const counts = Map.groupBy(codes, (code) => code[place])
      // 200 expected, standard deviation 14: seven of them either way.
      for (const { length } of counts.values()) expect(Math.abs(length - 200)).toBeLessThan(100)
      expect(counts.size).toBe(31)
    }
  })

  test.for(['ABCD2345', 'abcd2345', ' abcd-2345 ', 'A B C D 2 3 4 5', 'ab-cd-23-45\n', 'ABCD\u30002345'])(
    'normalises the entry code "%s" to ABCD2345',
    (typed) => {
      expect(normaliseTradeCode(typed)).toBe('ABCD2345')
    },
  )
})
