export interface Timers {
  /** Runs `task` after `delayMs`, unless the sandbox closes first. */
  after(delayMs: number, task: () => void): void
  /** Resolves after `delayMs`; never, when the sandbox closes first. */
  wait(delayMs: number): Promise<void>
  close(): void
}

/** All timers of one sandbox, so that none outlives it. */
export function openTimers(): Timers {
  const running = new Set<NodeJS.Timeout>()
  let closed = false
  const after = (delayMs: number, task: () => void) => {
    if (closed) return
    const timer = setTimeout(() => {
      running.delete(timer)
      task()
    }, delayMs)
    running.add(timer)
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
