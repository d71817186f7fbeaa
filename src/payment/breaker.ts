import { WechatPayError } from '../wechat/errors.ts'

const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

export interface Breaker {
  /** False while WeChat is left alone after a row of failures. */
  isClosed(): boolean
  /** Counts how a call ended: `undefined` for a success. */
  count(error: unknown): void
}

/**
 * Leaves WeChat alone after five calls in a row without a usable answer, for 5 s, doubled up to 5 min while it goes on.
 * An answer that says no is an answer.
 */
export function createBreaker(now: () => number = Date.now): Breaker {
  let failures = 0
  let closedAgainAt = 0
  return {
    isClosed: () => now() >= closedAgainAt,
    count: (error) => {
      const silent = error instanceof WechatPayError && (error.outcomeUnknown || error.action === 'repeat')
      failures = silent ? failures + 1 : 0
      if (failures < FAILURES_TO_OPEN) return
      closedAgainAt = now() + Math.min(FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN), LONGEST_PAUSE_MS)
    },
  }
}
