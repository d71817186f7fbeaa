import { describe, expect, test } from 'vitest'
import { createSlots } from '../../../src/http/limits/slots.ts'

describe('slots', () => {
  test('gives each key as many slots as the cap, and refuses the next one', () => {
    const slots = createSlots(2)
    expect([slots.acquire('a'), slots.acquire('a')]).not.toContain(null)
    expect(slots.acquire('a')).toBeNull()
    expect(slots.acquire('b')).not.toBeNull()
  })

  test('gives a released slot to the next one', () => {
    const slots = createSlots(1)
    const release = slots.acquire('a')
    expect(slots.acquire('a')).toBeNull()
    release?.()
    expect(slots.acquire('a')).not.toBeNull()
  })

  test('releases a slot once, however often it is asked to', () => {
    const slots = createSlots(2)
    const release = slots.acquire('a')
    slots.acquire('a')
    release?.()
    release?.()
    expect(slots.acquire('a')).not.toBeNull()
    expect(slots.acquire('a')).toBeNull()
  })
})
