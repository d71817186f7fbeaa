import { WechatPayError } from './errors.ts'

const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

export interface Breaker {
  /** How many of `most` calls may be made now: none while WeChat is left alone, one to try it again, else all. */
  allows(most: number): number
  /** Counts how a call ended: `undefined` for a success. */
  count(error: unknown): void
}

/**
 * Leaves WeChat alone after five calls in a row without a usable answer, for 5 s; then one call tries it again, and the
 * pause is doubled, up to 5 min, while that goes on. An answer that says no is an answer.
 */
export function createBreaker(now: () => number = Date.now): Breaker {
  let failures = 0
  let pauseMs = FIRST_PAUSE_MS
  let openUntil = 0
  return {
    allows: (most) => {
      if (failures < FAILURES_TO_OPEN) return most
      return now() < openUntil ? 0 : Math.min(1, most)
    },
    count: (error) => {
      const silent = error instanceof WechatPayError && (error.outcomeUnknown || error.action === 'repeat')
      if (!silent) {
        failures = 0
        pauseMs = FIRST_PAUSE_MS
        openUntil = 0
        return
      }
      failures += 1
      // Calls that were under way when it opened end later, and are no second round of failures.
      if (failures < FAILURES_TO_OPEN || now() < openUntil) return
      openUntil = now() + pauseMs
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    },
  }
}
