export interface Rate {
  /** How many of `most` calls may still start in this second. */
  allows(most: number): number
  /** Counts calls that were started. */
  count(begun: number): void
}

/**
 * A rate limit of `perSecond` calls in this process; unused calls of one second don't carry over to the next.
 *
 * @param now in ms, of a clock that is never set back: by one that is, nothing would be allowed until it has caught up.
 */
export function createRate(perSecond: number, now: () => number = () => performance.now()): Rate {
  let second = -Infinity
  let begun = 0
  return {
    allows: (most) => {
      if (now() - second >= 1_000) {
        second = now()
        begun = 0
      }
      return Math.min(most, Math.max(0, perSecond - begun))
    },
    count: (more) => {
      begun += more
    },
  }
}
