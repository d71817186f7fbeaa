/** Tells everything that belongs to a client that the client was closed. */
export interface CloseSignal {
  isClosed(): boolean
  /** Calls the listener once, when the client is closed; returns a function that removes it. */
  onClose(listener: () => void): () => void
  /** Safe to call twice. */
  close(): void
}

export function createCloseSignal(): CloseSignal {
  const listeners = new Set<() => void>()
  let isClosed = false
  return {
    isClosed: () => isClosed,
    onClose(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      isClosed = true
      for (const listener of listeners) listener()
      listeners.clear()
    },
  }
}

/** The result of `work`, or `ifClosed()` as soon as the client is closed; on a closed client `work` never starts. */
export function unlessClosed<Result>(
  signal: CloseSignal,
  work: () => Promise<Result>,
  ifClosed: () => Result,
): Promise<Result> {
  if (signal.isClosed()) return Promise.resolve(ifClosed())
  return new Promise((resolve, reject) => {
    const removeListener = signal.onClose(() => resolve(ifClosed()))
    work().then(resolve, reject).finally(removeListener)
  })
}

/** Resolves after that many milliseconds, or as soon as the client is closed. */
export function delay(signal: CloseSignal, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.isClosed()) return resolve()
    const end = () => {
      clearTimeout(timer)
      removeListener()
      resolve()
    }
    const timer = setTimeout(end, waitMs)
    const removeListener = signal.onClose(end)
  })
}
