import { setTimeout } from 'node:timers/promises'

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
  const endsAt = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs / 1_000} s: ${what}`)
    await setTimeout(everyMs, undefined, { signal })
  }
}
