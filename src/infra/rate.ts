export interface Rate {
  /** How many of `most` calls may still start in this second. */
  allows(most: number): number
  /** Counts calls that were started. */
  count(begun: number): void
}

/** A rate limit of `perSecond` calls in this process; unused calls of one second don't carry over to the next. */
export function createRate(perSecond: number, now: () => number = Date.now): Rate {
  let second = 0
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
