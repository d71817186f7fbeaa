import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  daysBetween,
  formatDay,
  formatShanghaiTime,
  parseDay,
  shanghaiDay,
  startOfShanghaiDay,
} from '../../../src/infra/shanghai.ts'

const days = (from: string, to: string) => daysBetween(new Date(from), new Date(to))

describe('a day in Shanghai', () => {
  test('a day in Shanghai begins at 16:00 UTC of the day before', () => {
    expect(formatDay(shanghaiDay(new Date('2026-11-22T15:59:59.999Z')))).toBe('2026-11-22')
    expect(formatDay(shanghaiDay(new Date('2026-11-22T16:00:00.000Z')))).toBe('2026-11-23')
    expect(startOfShanghaiDay(new Date('2026-11-23T00:00:00Z'))).toEqual(new Date('2026-11-22T16:00:00Z'))
  })

  test('formats an instant by Shanghai’s clock, 8 hours ahead of UTC, in whole seconds', () => {
    expect(formatShanghaiTime(new Date('2026-06-01T08:15:00.999Z'))).toBe('2026-06-01T16:15:00+08:00')
    expect(formatShanghaiTime(new Date('2026-12-31T16:00:00Z'))).toBe('2027-01-01T00:00:00+08:00')
  })

  test('a day in Shanghai contains every instant from its start to the start of the next', () => {
    const day = integer({ min: 0, max: 40_000 }).map((days) => new Date(days * 86_400_000))
    assert(
      property(day, integer({ min: 0, max: 86_399_999 }), (date, passedMs) => {
        expect(shanghaiDay(new Date(startOfShanghaiDay(date).getTime() + passedMs))).toEqual(date)
      }),
    )
  })

  test('parses a day from its text and formats it to the same text', () => {
    const day = integer({ min: 0, max: 40_000 }).map((days) => new Date(days * 86_400_000))
    assert(
      property(day, (date) => {
        expect(parseDay(formatDay(date))).toEqual(date)
      }),
    )
    for (const text of ['2026-02-29', '2026-04-31', '2026-1-01', ' 2026-01-01', '2026-01-01 ']) {
      expect(parseDay(text)).toBeNull()
    }
  })

  test('counts whole days between two days, across leap days and years', () => {
    expect(days('2028-02-28', '2028-03-01')).toBe(2)
    expect(days('2027-02-28', '2027-03-01')).toBe(1)
    expect(days('2026-12-31', '2027-01-01')).toBe(1)
    expect(days('2027-01-01', '2026-12-31')).toBe(-1)
  })
})
