import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskPhone } from '../../../src/infra/mask.ts'
import { formatPhone } from '../../../src/user/phone.ts'

describe('a phone number', () => {
  test('stores a phone number bare in China, and with its country code elsewhere', () => {
    expect(formatPhone({ purePhoneNumber: '13812341234', countryCode: '86' })).toBe('13812341234')
    expect(formatPhone({ purePhoneNumber: '91234567', countryCode: '852' })).toBe('+85291234567')
  })

  test('shows only the start and the end of a phone number', () => {
    expect(maskPhone('13812341234')).toBe('138****1234')
    expect(maskPhone('+85291234567')).toBe('+85****4567')
  })

  test('hides at least three digits of any phone number', () => {
    const number = fc.stringMatching(/^\d{3,15}$/)
    fc.assert(
      fc.property(number, (phoneNumber) => {
        const shown = maskPhone(phoneNumber).replaceAll('*', '').length
        expect(shown).toBeLessThanOrEqual(Math.max(2, phoneNumber.length - 3))
      }),
    )
  })
})
