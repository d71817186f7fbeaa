import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../../src/errors.ts'
import { type BookingInput, checkBooking } from '../../../src/order/booking-input.ts'

const NOON = new Date('2026-11-22T04:00:00Z')

const input: BookingInput = {
  homestayId: 'homestay',
  liveStartDate: '2026-12-24',
  liveEndDate: '2026-12-26',
  livePeopleNum: 2,
  needFood: false,
}

/** The fields that are rejected. */
function refused(change: Partial<BookingInput>, now = NOON): string[] {
  try {
    checkBooking({ ...input, ...change }, now)
    return []
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return error.fields.map(({ path }) => path)
  }
}

describe('the input of a booking', () => {
  test('parses a booking into days, nights and people', () => {
    expect(checkBooking({ ...input, remark: '  晚到  ' }, NOON)).toEqual({
      homestayId: 'homestay',
      arrival: new Date('2026-12-24T00:00:00Z'),
      leaving: new Date('2026-12-26T00:00:00Z'),
      nights: 2,
      people: 2,
      needFood: false,
      remark: '晚到',
    })
  })

  test('rejects a booking naming every wrong field at once', () => {
    expect(
      refused({
        liveStartDate: '2026-11-21',
        liveEndDate: 'tomorrow',
        livePeopleNum: 0,
        remark: 'x'.repeat(201),
        idempotencyKey: '',
      }),
    ).toEqual(['liveEndDate', 'liveStartDate', 'livePeopleNum', 'remark', 'idempotencyKey'])
  })

  test.for([
    ['2026-12-23', 'before it begins'],
    ['2026-12-24', '0 nights'],
    ['2027-01-24', '31 nights'],
  ])('rejects a stay that ends on %s: %s', ([liveEndDate]) => {
    expect(refused({ liveEndDate })).toEqual(['liveEndDate'])
  })

  test.for([
    ['2026-12-25', 1],
    ['2027-01-23', 30],
  ] as const)('accepts a stay that ends on %s: %d nights', ([liveEndDate, nights]) => {
    expect(checkBooking({ ...input, liveEndDate }, NOON).nights).toBe(nights)
  })

  test.for([
    ['2026-11-21', '2026-11-23', ['liveStartDate'], 'yesterday'],
    ['2026-11-22', '2026-11-23', [], 'today'],
    ['2028-11-21', '2028-11-22', [], '730 days ahead'],
    ['2028-11-22', '2028-11-23', ['liveStartDate'], '731 days ahead'],
  ] as const)('checks a stay from %s to %s: wrong fields %o, %s', ([liveStartDate, liveEndDate, fields]) => {
    expect(refused({ liveStartDate, liveEndDate })).toEqual(fields)
  })

  test('begins today at midnight in Shanghai, not in UTC', () => {
    const today = { liveStartDate: '2026-11-22', liveEndDate: '2026-11-23' }
    expect(refused(today, new Date('2026-11-22T15:59:59.999Z'))).toEqual([])
    expect(refused(today, new Date('2026-11-22T16:00:00Z'))).toEqual(['liveStartDate'])
    const furthest = { liveStartDate: '2028-11-22', liveEndDate: '2028-11-23' }
    expect(refused(furthest, new Date('2026-11-22T15:59:59.999Z'))).toEqual(['liveStartDate'])
    expect(refused(furthest, new Date('2026-11-22T16:00:00Z'))).toEqual([])
  })

  test('accepts a leap day, and rejects February 29 of other years', () => {
    expect(checkBooking({ ...input, liveStartDate: '2028-02-28', liveEndDate: '2028-03-01' }, NOON).nights).toBe(2)
    expect(refused({ liveStartDate: '2028-02-29', liveEndDate: '2028-03-01' })).toEqual([])
    expect(refused({ liveStartDate: '2027-02-29', liveEndDate: '2027-03-01' })).toEqual(['liveStartDate'])
  })

  test.for([
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-12-00',
    '20261224',
    '2026-12-24T00:00:00Z',
    '12/24/2026',
    '',
    '２０２６-12-24',
    '+002026-12-24',
  ])('rejects the day "%s", which does not exist', (liveStartDate) => {
    expect(refused({ liveStartDate })).toEqual(['liveStartDate'])
  })

  test.for([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('rejects a booking for %d people', (livePeopleNum) => {
    expect(refused({ livePeopleNum })).toEqual(['livePeopleNum'])
  })

  test('accepts a remark of 200 characters, counted as code points', () => {
    expect(refused({ remark: '🏡'.repeat(200) })).toEqual([])
    expect(refused({ remark: '🏡'.repeat(201) })).toEqual(['remark'])
    expect(refused({ remark: 'a\u0000b' })).toEqual(['remark'])
    expect(checkBooking({ ...input, remark: null }, NOON).remark).toBe('')
  })

  test('accepts an idempotency key of 1 to 64 characters, or none', () => {
    for (const idempotencyKey of [undefined, null, 'k', '钥'.repeat(64)])
      expect(refused({ idempotencyKey })).toEqual([])
    for (const idempotencyKey of ['', 'k'.repeat(65), 'a\u0000b']) {
      expect(refused({ idempotencyKey })).toEqual(['idempotencyKey'])
    }
  })
})
