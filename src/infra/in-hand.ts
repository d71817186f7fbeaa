import { setTimeout as pause } from 'node:timers/promises'

/** What ends within so long of the first is waited for, so that the places of all are filled together. */
const GATHER_MS = 20

/** The work that has begun and not ended. */
export function createInHand() {
  const works = new Set<Promise<void>>()
  const failures: unknown[] = []
  return {
    size: () => works.size,
    add(work: Promise<void>): void {
      const ended = work.catch((error: unknown) => void failures.push(error)).finally(() => works.delete(ended))
      works.add(ended)
    },
    /** Waits for the first that ends, for `ms` at most where it is given, and for those that end about the same time. */
    async someEnd(ms?: number): Promise<void> {
      if (works.size === 0) return
      const first = Promise.race(works)
      await (ms === undefined ? first : within(ms, first))
      await within(GATHER_MS, Promise.all(works))
    },
    /** Waits until all have ended, for `ms` at most where it is given. */
    async allEnd(ms?: number): Promise<void> {
      const ended = Promise.all(works)
      await (ms === undefined ? ended : within(ms, ended))
    },
    hasFailed: () => failures.length > 0,
    throwFirst(): void {
      if (failures.length > 0) throw failures[0]
    },
  }
}

async function within(ms: number, ended: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  await Promise.race([ended, pause(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}
