import { retryMs } from '../../kit/retry.ts'

const PAUSE_MS = 1000

/** Something that is done again and again while it is wanted. */
export interface Repeat {
  /** Does it now, and then every second while the tab is visible. @returns what ends it. */
  start(): () => void
  /** Does it now; resolves when it has been done from here on. */
  refresh(): Promise<void>
}

/**
 * Does one at a time, with a pause after it; after failures in a row longer and longer ones. A hidden tab does nothing.
 *
 * @param act resolves with whether it succeeded.
 */
export function openRepeat(act: () => Promise<boolean>): Repeat {
  let starts = 0
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let acting: Promise<void> | undefined
  let isAskedAgain = false

  const actUntilCurrent = async () => {
    do {
      isAskedAgain = false
      failures = (await act()) ? 0 : failures + 1
    } while (isAskedAgain)
  }
  const schedule = () => {
    clearTimeout(timer)
    if (starts === 0 || document.hidden) return
    timer = setTimeout(() => void refresh(), failures === 0 ? PAUSE_MS : retryMs(failures))
  }
  const refresh = () => {
    // What is under way may have begun before the change that is to be seen.
    isAskedAgain = true
    acting ??= actUntilCurrent().finally(() => {
      acting = undefined
      schedule()
    })
    return acting
  }
  const follow = () => (document.hidden ? clearTimeout(timer) : void refresh())
  return {
    refresh,
    start() {
      starts += 1
      if (starts === 1) document.addEventListener('visibilitychange', follow)
      follow()
      return () => {
        starts -= 1
        if (starts > 0) return
        clearTimeout(timer)
        document.removeEventListener('visibilitychange', follow)
      }
    },
  }
}
