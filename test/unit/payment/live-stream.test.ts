import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Payment } from '../../../prisma/client/client.ts'
import { LiveStream } from '../../../src/payment/live/live-stream.ts'

const hub = { closedLingerMs: 60_000, join: () => {}, leave: () => {}, dropped: () => {} }
const state = (status: Payment['status'], version: number) => ({ status, version }) as Payment

/** A stream that is read without delay. */
function openStream() {
  let isReleased = false
  const acquire = () => () => {
    isReleased = true
  }
  const stream = new LiveStream(hub, { sn: 'a', acquire })
  const read = async () => {
    for await (const _ of stream);
  }
  void read()
  return { offer: (payment: Payment) => stream.offer(payment), isOver: () => isReleased }
}

describe('a live stream', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('ends 60 s after CLOSED, also when the closed payment changes meanwhile', () => {
    const { offer, isOver } = openStream()
    offer(state('CLOSED', 2))
    vi.advanceTimersByTime(59_000)
    offer(state('CLOSED', 3))
    expect(isOver()).toBe(false)
    vi.advanceTimersByTime(1_000)
    expect(isOver()).toBe(true)
  })

  test('goes on when late money moves the closed payment, and ends after REFUNDED', () => {
    const { offer, isOver } = openStream()
    offer(state('CLOSED', 2))
    offer(state('SUCCESS', 3))
    vi.advanceTimersByTime(120_000)
    expect(isOver()).toBe(false)
    offer(state('REFUNDED', 4))
    expect(isOver()).toBe(true)
  })

  test('never has its slot when its connection turns out to have ended', () => {
    let isReleased = false
    const acquire = (end: () => void) => {
      end()
      return () => {
        isReleased = true
      }
    }
    void new LiveStream(hub, { sn: 'a', acquire })
    expect(isReleased).toBe(true)
  })
})
