import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Payment } from '../../../prisma/client/client.ts'
import { createRate } from '../../../src/infra/rate.ts'
import { createWatchedPayments } from '../../../src/payment/live/watched-payments.ts'
import { createBreaker } from '../../../src/wechat/breaker.ts'
import { WechatPayError } from '../../../src/wechat/errors.ts'

const silence = new WechatPayError('no answer', { action: 'repeat', outcomeUnknown: true })
const refusal = new WechatPayError('no', { action: 'give-up', outcomeUnknown: false, wechatCode: 'PARAM_ERROR' })

function breakerAt() {
  const clock = { ms: 1_000_000 }
  const breaker = createBreaker(() => clock.ms)
  const fail = (times: number) => {
    for (let call = 0; call < times; call++) breaker.count(silence)
  }
  return { breaker, fail, pass: (ms: number) => (clock.ms += ms) }
}

describe('the circuit breaker', () => {
  test('opens the circuit breaker for 5 s after five failures in a row', () => {
    const { breaker, fail, pass } = breakerAt()
    fail(4)
    expect(breaker.allows(10)).toBe(10)
    fail(1)
    expect(breaker.allows(10)).toBe(0)
    pass(4_999)
    expect(breaker.allows(10)).toBe(0)
  })

  test('lets one call through a half-open circuit breaker, and all after its success', () => {
    const { breaker, fail, pass } = breakerAt()
    fail(5)
    pass(5_000)
    expect(breaker.allows(10)).toBe(1)
    breaker.count(undefined)
    expect(breaker.allows(10)).toBe(10)
  })

  test('doubles the pause of the circuit breaker up to 5 min, and resets it after a success', () => {
    const { breaker, fail, pass } = breakerAt()
    fail(5)
    const pauses: number[] = []
    for (let round = 0; round < 9; round++) {
      let seconds = 0
      while (breaker.allows(1) === 0) {
        pass(1_000)
        seconds += 1
      }
      pauses.push(seconds)
      fail(1)
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
    breaker.count(undefined)
    fail(5)
    pass(5_000)
    expect(breaker.allows(1)).toBe(1)
  })

  test('counts failures of calls in flight as one round for the circuit breaker', () => {
    const { breaker, fail, pass } = breakerAt()
    fail(10)
    pass(5_000)
    expect(breaker.allows(10)).toBe(1)
  })

  test('lets as many calls be under way as may fail, and one more for each answer', () => {
    const { breaker, fail, pass } = breakerAt()
    const answer = (times: number) => {
      for (let call = 0; call < times; call++) breaker.count(undefined)
    }
    expect(breaker.places(100)).toBe(5)
    answer(7)
    expect(breaker.places(100)).toBe(12)
    expect(breaker.places(10)).toBe(10)
    fail(1)
    expect(breaker.places(100)).toBe(7)
    fail(4)
    expect(breaker.places(100)).toBe(0)
    pass(5_000)
    expect(breaker.places(100)).toBe(1)
  })

  test('does not count a refusal of WeChat as a failure for the circuit breaker', () => {
    const { breaker, fail } = breakerAt()
    fail(4)
    breaker.count(refusal)
    fail(4)
    expect(breaker.allows(10)).toBe(10)
  })
})

describe('the rate limit', () => {
  test('allows a fixed number of calls a second, and carries nothing over', () => {
    const clock = { ms: 1_000_000 }
    const rate = createRate(5, () => clock.ms)
    expect(rate.allows(3)).toBe(3)
    rate.count(3)
    expect(rate.allows(10)).toBe(2)
    rate.count(2)
    expect(rate.allows(10)).toBe(0)
    clock.ms += 999
    expect(rate.allows(10)).toBe(0)
    clock.ms += 5_001
    expect(rate.allows(10)).toBe(5)
  })
})

describe('while the wall clock is set back', () => {
  const hour = 3_600_000
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 10, 27) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('the rate limit allows calls of the next second', () => {
    const rate = createRate(5)
    expect(rate.allows(5)).toBe(5)
    rate.count(5)
    vi.setSystemTime(Date.now() - hour)
    vi.advanceTimersByTime(1_000)
    expect(rate.allows(5)).toBe(5)
  })

  test('the circuit breaker is half-open after its pause', () => {
    const breaker = createBreaker()
    for (let call = 0; call < 5; call++) breaker.count(silence)
    vi.setSystemTime(Date.now() - hour)
    vi.advanceTimersByTime(5_000)
    expect(breaker.allows(10)).toBe(1)
  })

  test('a watched payment is due as before', () => {
    const watched = createWatchedPayments()
    const payment = { sn: 'P1', version: 1, status: 'PENDING' } as Payment
    watched.join('P1', { offer: () => {}, end: () => {} }, payment)
    vi.setSystemTime(Date.now() - hour)
    vi.advanceTimersByTime(3_000)
    expect(watched.findDue({ pendingRereadMs: 3_000, otherRereadMs: hour })).toEqual(['P1'])
  })
})
