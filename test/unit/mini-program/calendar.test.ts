import { describe, expect, test } from 'vitest'
import { chooseDay, drawDays, leadingBlanks, NO_STAY, nightsOf } from '../../../examples/mini-program/src/calendar.ts'
import { addDays, dayText, stayText, yuan } from '../../../examples/mini-program/src/format.ts'
import { expectPrice } from '../../../examples/mini-program/src/price.ts'

/** Nights from 30 July 2028, a Sunday; a dot is free, an x taken. */
function nights(pattern: string, homestayPrice = 10_000) {
  return pattern
    .split('')
    .map((mark, count) => ({ date: addDays('2028-07-30', count), free: mark === '.', homestayPrice }))
}

/** The stay after taps on these days, counted from the first. */
function tapped(pattern: string, ...days: number[]) {
  const all = nights(pattern)
  return days.reduce((stay, day) => chooseDay(all, stay, addDays('2028-07-30', day)), NO_STAY)
}

describe('the calendar of examples/mini-program', () => {
  test('the first tap is the arrival, the second the leaving, and another begins anew', () => {
    expect(tapped('.....', 1)).toEqual({ arrival: '2028-07-31', leaving: '' })
    expect(tapped('.....', 1, 3)).toEqual({ arrival: '2028-07-31', leaving: '2028-08-02' })
    expect(tapped('.....', 1, 3, 4)).toEqual({ arrival: '2028-08-03', leaving: '' })
  })

  test('a tap before the arrival, or behind a taken night, is another arrival', () => {
    expect(tapped('.....', 2, 1)).toEqual({ arrival: '2028-07-31', leaving: '' })
    expect(tapped('.x...', 0, 3)).toEqual({ arrival: '2028-08-02', leaving: '' })
  })

  test('a guest leaves on the day of a taken night, and arrives on none', () => {
    expect(tapped('..x..', 2)).toEqual(NO_STAY)
    expect(tapped('..x..', 0, 2)).toEqual({ arrival: '2028-07-30', leaving: '2028-08-01' })
  })

  test('the day after the last night can be left on', () => {
    expect(drawDays(nights('..'), NO_STAY).map(({ isOpen }) => isOpen)).toEqual([true, true, false])
    expect(tapped('..', 1, 2)).toEqual({ arrival: '2028-07-31', leaving: '2028-08-01' })
  })

  test('the calendar draws the stay with both its days, and the first of a month by its name', () => {
    const days = drawDays(nights('.....'), { arrival: '2028-07-31', leaving: '2028-08-02' })
    expect(days.map(({ text }) => text)).toEqual(['30', '31', '8月', '2', '3', '4'])
    expect(days.map(({ isInStay }) => isInStay)).toEqual([false, true, true, true, false, false])
  })

  test('weeks begin on Sunday', () => {
    expect(leadingBlanks(nights('.'))).toEqual([])
    expect(leadingBlanks(nights('..').slice(1))).toEqual([0])
    expect(leadingBlanks([])).toEqual([])
  })
})

describe('the price in examples/mini-program', () => {
  const choice = { nights: nights('..'), people: 3, needFood: true }

  test('a price for a night counts no people, one for a person and night does; food always does', () => {
    expect(expectPrice({ pricedBy: 'NIGHT', foodPrice: 2_800 }, choice).stayFen).toBe(20_000)
    expect(expectPrice({ pricedBy: 'PERSON_NIGHT', foodPrice: 2_800 }, choice).stayFen).toBe(60_000)
    expect(expectPrice({ pricedBy: 'NIGHT', foodPrice: 2_800 }, choice).foodFen).toBe(16_800)
    expect(expectPrice({ pricedBy: 'NIGHT', foodPrice: 2_800 }, { ...choice, needFood: false }).foodFen).toBe(0)
  })

  test('a stay that isn’t chosen has no nights', () => {
    expect(nightsOf(nights('....'), NO_STAY)).toEqual([])
    expect(nightsOf(nights('....'), { arrival: '2028-07-31', leaving: '' })).toEqual([])
  })
})

describe('what guests read in examples/mini-program', () => {
  test('days and money are written as in Chinese', () => {
    expect(dayText('2028-08-01')).toBe('8月1日')
    expect(stayText('2028-07-30', '2028-08-01')).toBe('7月30日 周日 至 8月1日 周二，2 晚')
    expect(yuan(46_800)).toBe('¥468')
    expect(yuan(46_850)).toBe('¥468.50')
  })
})
