import type { Platform } from './platform.ts'

/** Whether the app is in front: a mini-program in the background has no network after 5 s. */
export interface Foreground {
  /** Rises each time the app goes into the background. */
  hideCount(): number
  /** Resolves at once in front, else when the app comes back. */
  whenVisible(): Promise<void>
  /** Returns what stops it. */
  onShow(listener: () => void): () => void
  close(): void
}

/** Watches the platform until `close`. */
export function watchForeground(platform: Pick<Platform, 'watchForeground'>): Foreground {
  const listeners = new Set<() => void>()
  let hideCount = 0
  let isHidden = false

  const show = () => {
    isHidden = false
    for (const listener of listeners) listener()
  }
  const stop = platform.watchForeground(show, () => {
    isHidden = true
    hideCount += 1
  })
  const onShow = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    hideCount: () => hideCount,
    whenVisible: () =>
      new Promise((resolve) => {
        if (!isHidden) return resolve()
        const stopWaiting = onShow(() => {
          stopWaiting()
          resolve()
        })
      }),
    onShow,
    close() {
      stop()
      show()
    },
  }
}
