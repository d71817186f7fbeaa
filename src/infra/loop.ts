import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Loop {
  /** Runs again as soon as the present run has ended. */
  wake(): void
  /** Lets the present run end, and starts no other. */
  stop(): Promise<void>
}

/**
 * Repeats `run` every `everyMs`, at once while it answers that there is more to do, and sooner when woken. A run that
 * throws is logged and tried again after the pause.
 */
export function startLoop(log: Logger, name: string, everyMs: number, run: () => Promise<boolean>): Loop {
  const stopping = new AbortController()
  // Aborted by a wake, and replaced before each run: a wake during the run cuts the next pause to nothing.
  let waking = new AbortController()

  const runOnce = async () => {
    try {
      return await run()
    } catch (error) {
      log.error({ err: error, loop: name }, 'a loop run failed')
      return false
    }
  }
  const repeat = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController()
      const more = await runOnce()
      if (!more)
        await pause(everyMs, undefined, { signal: AbortSignal.any([stopping.signal, waking.signal]) }).catch(ignore)
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

/** A pause that is cut short ends by a rejection, which is what it was cut short for. */
function ignore(): void {}
