import { setTimeout } from 'node:timers/promises'

/** Longer than anything takes between two looks: beyond that the machine, or this process, has slept. */
const AWAKE_MS = 5_000

export interface Patience {
  /** Ends the wait. */
  signal?: AbortSignal
  withinMs?: number
  everyMs?: number
}

/**
 * Looks until something is there: `expect.poll`, for what runs without Vitest too.
 *
 * @param what is waited for, as the failure says it.
 * @throws {Error} when it isn't there in time, or `signal` ends the wait; and whatever `look` throws, at once.
 */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | Promise<Found | undefined>,
  { signal, withinMs = 120_000, everyMs = 50 }: Patience = {},
): Promise<Found> {
  let waitedMs = 0
  for (;;) {
    const begunAt = performance.now()
    const found = await look()
    if (found !== undefined) return found
    if (waitedMs >= withinMs) throw new Error(`not within ${withinMs / 1_000} s: ${what}`)
    await setTimeout(everyMs, undefined, { signal })
    waitedMs += Math.min(performance.now() - begunAt, AWAKE_MS)
  }
}
