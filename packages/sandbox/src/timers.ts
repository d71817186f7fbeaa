/** So soon what is due is done after the clock was put forward, as it is when a laptop wakes. */
const LOOKS_EVERY_MS = 1_000

export interface Timers {
  /** Runs `task` after `delayMs`, by a timer or by the clock, whichever comes first; never, when the sandbox closes before. */
  after(delayMs: number, task: () => void): void
  /** Resolves after `delayMs`; never, when the sandbox closes first. */
  wait(delayMs: number): Promise<void>
  close(): void
}

/**
 * All timers of one sandbox, so that none outlives it.
 *
 * @param now milliseconds since 1970.
 */
export function openTimers(now: () => number): Timers {
  const running = new Set<NodeJS.Timeout>()
  let closed = false
  const after = (delayMs: number, task: () => void) => {
    const dueAt = now() + delayMs
    const step = (leftMs: number) => {
      if (closed) return
      const stepMs = Math.min(leftMs, LOOKS_EVERY_MS)
      const timer = setTimeout(() => {
        running.delete(timer)
        if (stepMs >= leftMs || now() >= dueAt) task()
        else step(leftMs - stepMs)
      }, stepMs)
      running.add(timer)
    }
    step(delayMs)
  }
  return {
    after,
    wait: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
    close() {
      closed = true
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}
