import type { Platform } from './platform.ts'

/** Whether the app is visible: a mini-program loses its network after 5 s in the background. */
export interface Foreground {
  /** Rises each time the app goes into the background. */
  hideCount(): number
  /** Resolves at once while the app is visible, else when it is shown again. */
  whenVisible(): Promise<void>
  /** Calls the listener whenever the app is shown again; returns a function that removes it. */
  onShow(listener: () => void): () => void
  close(): void
}

/** Follows the platform's show and hide events until `close`. */
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
