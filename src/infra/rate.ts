export interface Rate {
  /** How many of `most` may still be begun in this second. */
  allows(most: number): number
  /** Counts what was begun. */
  count(begun: number): void
}

/** At most `perSecond` calls a second from this process; what a second leaves unused does not carry over. */
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
