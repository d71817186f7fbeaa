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
  let stopped = false
  let woken = false
  let wakeUp = () => {}

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const repeat = async () => {
    while (!stopped) {
      woken = false
      let more = false
      try {
        more = await run()
      } catch (error) {
        log.error({ err: error, loop: name }, 'a loop run failed')
      }
      if (!more && !woken && !stopped) await pause()
    }
  }
  const ended = repeat()

  const wake = () => {
    woken = true
    wakeUp()
  }
  return {
    wake,
    stop: () => {
      stopped = true
      wakeUp()
      return ended
    },
  }
}
