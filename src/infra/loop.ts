import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Loop {
  /** Skips the pause: the next run starts at once, or as soon as the current one has ended. */
  wake(): void
  /** Starts no other run. @returns once the current one has ended. */
  stop(): Promise<void>
}

/**
 * Repeats `run`: at once while it resolves to true (there is more to do), else after a pause of `everyMs` or when
 * woken. A run that throws is logged, and tried again after the pause. A run that takes long ends early when `stopping`.
 *
 * @param restMs how long a wake has to wait after a run, so that what comes meanwhile is done together.
 */
export function startLoop(
  log: Logger,
  name: string,
  everyMs: number,
  run: (stopping: AbortSignal) => Promise<boolean>,
  restMs = 0,
): Loop {
  const stopping = new AbortController()
  // Aborted by a wake, and replaced before each run, so that a wake during a run skips the pause after it.
  let waking = new AbortController()

  const runOnce = async () => {
    try {
      return await run(stopping.signal)
    } catch (error) {
      log.error({ err: error, loop: name }, 'loop run failed')
      return false
    }
  }
  const repeat = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController()
      const more = await runOnce()
      if (more) continue
      if (restMs > 0) await pause(restMs, undefined, { signal: stopping.signal }).catch(ignore)
      const ending = AbortSignal.any([stopping.signal, waking.signal])
      await pause(everyMs - restMs, undefined, { signal: ending }).catch(ignore)
    }
  }
  const ended = repeat()
  return {
    wake: () => waking.abort(),
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

/** An aborted pause rejects; that is the way it is meant to end. */
function ignore(): void {}
