import { describe, expect, test } from 'vitest'
import type { BookingInput } from '../../../src/order/booking-input.ts'
import { keyOf } from '../../../src/order/idempotency.ts'

const booking: BookingInput = {
  homestayId: 'hs_1',
  liveStartDate: '2026-12-24',
  liveEndDate: '2026-12-26',
  livePeopleNum: 2,
  needFood: true,
  remark: '晚到',
  idempotencyKey: 'key-1',
}

const hashOf = (change: object = {}) => keyOf({ ...booking, ...change }).idempotencyHash

describe('the hash of a booking', () => {
  test('the hash of a booking is what it was when the first orders stored theirs', () => {
    expect(hashOf()).toBe('0d4365006157e8891e6cd7ffad89afe59a23e57cf9d65c1c04e9e38fd160f53a')
    const plain = { needFood: false, remark: undefined }
    expect(hashOf(plain)).toBe('fa2b3fbddad338a5f522fda22f7243fb83e0f2cfcf14471f207cf4502265db2f')
  })

  test.for<[string, object]>([
    ['homestayId', { homestayId: 'hs_2' }],
    ['liveStartDate', { liveStartDate: '2026-12-23' }],
    ['liveEndDate', { liveEndDate: '2026-12-27' }],
    ['livePeopleNum', { livePeopleNum: 3 }],
    ['needFood', { needFood: false }],
    ['remark', { remark: '早到' }],
    ['a field that the input gets later', { arriveAt: '22:00' }],
  ])('the hash of a booking changes with %s', ([_field, change]) => {
    expect(hashOf(change)).not.toBe(hashOf())
  })

  test('the hash of a booking tells later fields apart by their names, whatever order they come in', () => {
    expect(hashOf({ arriveAt: '22:00' })).not.toBe(hashOf({ leaveAt: '22:00' }))
    expect(hashOf({ arriveAt: '22:00', leaveAt: '9:00' })).toBe(hashOf({ leaveAt: '9:00', arriveAt: '22:00' }))
  })

  test('the hash of a booking stays the same while a later field isn’t given', () => {
    expect(hashOf({ arriveAt: null, leaveAt: undefined, needCot: false })).toBe(hashOf())
  })

  test('the hash of a booking leaves out the key and the spaces around a remark', () => {
    expect(hashOf({ idempotencyKey: 'key-2', remark: ' 晚到 ' })).toBe(hashOf())
  })

  test('a booking without a key gets no hash', () => {
    expect(keyOf({ ...booking, idempotencyKey: null })).toEqual({ idempotencyKey: null, idempotencyHash: null })
  })
})
