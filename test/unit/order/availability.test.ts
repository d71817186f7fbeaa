import { describe, expect, test } from 'vitest'
import { formatDay, parseDay } from '../../../src/infra/shanghai.ts'
import { findRangeFault, listNights } from '../../../src/order/availability.ts'
import { deadlineOf } from '../../../src/order/booking.ts'

const day = (text: string) => parseDay(text) ?? expect.fail(`no day: ${text}`)
const range = (from: string, to: string) => ({ from: day(from), to: day(to) })

/** 12:00 in Shanghai. */
const NOON = new Date('2026-11-22T04:00:00Z')
const HALF_AN_HOUR = { paySeconds: 1800 }

interface Known {
  now?: Date
  held?: [string, string][]
  settings?: { paySeconds: number }
}

/** The free days of a range. */
function freeDays([from, to]: [string, string], { now = NOON, held = [], settings = HALF_AN_HOUR }: Known = {}) {
  const nights = listNights(range(from, to), { now, homestayPrice: 1, held }, settings)
  return nights.filter(({ isFree }) => isFree).map(({ date }) => formatDay(date))
}

describe('the nights of a range', () => {
  test('are one for each day before the last, with the price', () => {
    expect(
      listNights(range('2026-12-30', '2027-01-02'), { now: NOON, homestayPrice: 12_800, held: [] }, HALF_AN_HOUR),
    ).toEqual([
      { date: day('2026-12-30'), isFree: true, homestayPrice: 12_800 },
      { date: day('2026-12-31'), isFree: true, homestayPrice: 12_800 },
      { date: day('2027-01-01'), isFree: true, homestayPrice: 12_800 },
    ])
  })

  test('are taken from the arrival of an order until the night before it leaves', () => {
    const held: [string, string][] = [['2026-12-02', '2026-12-04']]
    expect(freeDays(['2026-12-01', '2026-12-06'], { held })).toEqual(['2026-12-01', '2026-12-04', '2026-12-05'])
  })

  test('begin with today’s in Shanghai', () => {
    expect(freeDays(['2026-11-20', '2026-11-24'])).toEqual(['2026-11-22', '2026-11-23'])
    // 00:30 of the next day there.
    const now = new Date('2026-11-22T16:30:00Z')
    expect(freeDays(['2026-11-20', '2026-11-25'], { now })).toEqual(['2026-11-23', '2026-11-24'])
  })

  test('end 730 days ahead', () => {
    expect(freeDays(['2028-11-20', '2028-11-25'])).toEqual(['2028-11-20', '2028-11-21'])
  })

  test.for([
    ['2026-11-22T15:59:00.000Z', 1800, true],
    ['2026-11-22T15:59:00.001Z', 1800, false],
    ['2026-11-22T15:59:30.000Z', 10, true],
    ['2026-11-22T15:59:50.000Z', 10, false],
  ] as const)('at %s, with %d s to pay in, tonight can be booked: %s', ([time, paySeconds, expected]) => {
    const now = new Date(time)
    const free = freeDays(['2026-11-22', '2026-11-23'], { now, settings: { paySeconds } })
    expect(free.length > 0).toBe(expected)
    expect(deadlineOf(now, paySeconds, { leaving: day('2026-11-23') }) !== null).toBe(expected)
  })
})

describe('a range of nights', () => {
  test('has one night at the least, and 92 at the most', () => {
    expect(findRangeFault(range('2026-12-01', '2026-12-02'))).toBeUndefined()
    expect(findRangeFault(range('2026-12-01', '2027-03-03'))).toBeUndefined()
    expect(findRangeFault(range('2026-12-01', '2026-12-01'))?.en).toContain('one night at least')
    expect(findRangeFault(range('2026-12-02', '2026-12-01'))?.en).toContain('one night at least')
    expect(findRangeFault(range('2026-12-01', '2027-03-04'))?.en).toContain('92 nights at the most')
  })
})
