import { WechatPayError } from './errors.ts'

const FAILURES_TO_OPEN = 5
/** More answers than these say nothing new. */
const MOST_ANSWERS = 100
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

export interface Breaker {
  /** How many of `most` calls may be made now: none while open, one when half-open, all while closed. */
  allows(most: number): number
  /**
   * How many of `most` calls may be under way at once: as many as may fail before it opens, and one more for each answer
   * since; half as many more after a failure.
   */
  places(most: number): number
  /** Counts the result of a call: its error, or `undefined` for a success. */
  count(error: unknown): void
}

/**
 * A circuit breaker for calls to WeChat. It opens for 5 s after five failures in a row; then, half-open, it lets one
 * call through, which closes it or opens it again for twice as long, up to 5 min. Only a missing or unusable answer is
 * a failure: a refusal is an answer.
 */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0
  let answers = 0
  let pauseMs = FIRST_PAUSE_MS
  let openUntil = 0
  const allows = (most: number) => {
    if (failures < FAILURES_TO_OPEN) return most
    return now() < openUntil ? 0 : Math.min(1, most)
  }
  return {
    allows,
    places: (most) => allows(Math.min(most, Math.max(1, FAILURES_TO_OPEN - failures) + answers)),
    count: (error) => {
      const silent = error instanceof WechatPayError && (error.outcomeUnknown || error.action === 'repeat')
      if (!silent) {
        failures = 0
        answers = Math.min(answers + 1, MOST_ANSWERS)
        pauseMs = FIRST_PAUSE_MS
        openUntil = 0
        return
      }
      failures += 1
      answers = Math.floor(answers / 2)
      // Failures of calls that were in flight when it opened don't count as a second round.
      if (failures < FAILURES_TO_OPEN || now() < openUntil) return
      openUntil = now() + pauseMs
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    },
  }
}
