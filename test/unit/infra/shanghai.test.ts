import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { daysBetween, formatDay, parseDay, shanghaiDay, startOfShanghaiDay } from '../../../src/order/shanghai.ts'

const days = (from: string, to: string) => daysBetween(new Date(from), new Date(to))

describe('a day in Shanghai', () => {
  test('begins a day in Shanghai at 16:00 UTC of the day before', () => {
    expect(formatDay(shanghaiDay(new Date('2026-11-22T15:59:59.999Z')))).toBe('2026-11-22')
    expect(formatDay(shanghaiDay(new Date('2026-11-22T16:00:00.000Z')))).toBe('2026-11-23')
    expect(startOfShanghaiDay(new Date('2026-11-23T00:00:00Z'))).toEqual(new Date('2026-11-22T16:00:00Z'))
  })

  test('assigns every instant of 24 h to the same day in Shanghai', () => {
    const day = integer({ min: 0, max: 40_000 }).map((days) => new Date(days * 86_400_000))
    assert(
      property(day, integer({ min: 0, max: 86_399_999 }), (date, passedMs) => {
        expect(shanghaiDay(new Date(startOfShanghaiDay(date).getTime() + passedMs))).toEqual(date)
      }),
    )
  })

  test('parses a day and formats it back to the same text', () => {
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

  test('counts the days between two days, across leap days and years', () => {
    expect(days('2028-02-28', '2028-03-01')).toBe(2)
    expect(days('2027-02-28', '2027-03-01')).toBe(1)
    expect(days('2026-12-31', '2027-01-01')).toBe(1)
    expect(days('2027-01-01', '2026-12-31')).toBe(-1)
  })
})
