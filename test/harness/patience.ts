import type { Patience } from '../../src/infra/pool.ts'

/** Longer than anything takes on a slow machine: for time-outs that a test must not run into. */
export const LONG_MS = 120_000

/** For time-outs that a test waits for: still long enough for one call on a slow machine. */
export const SHORT_MS = 1_000

/** For a database that is asked beside a machine full of other work: connecting alone may take longer than a guest would wait. */
export const LONG_PATIENCE: Patience = { acquireMs: LONG_MS, statementMs: LONG_MS, silenceMs: 2 * LONG_MS }
