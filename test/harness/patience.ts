/** Longer than anything takes on a slow machine: for time-outs that a test must not run into. */
export const LONG_MS = 120_000

/** For time-outs that a test waits for: still long enough for one call on a slow machine. */
export const SHORT_MS = 1_000
