/** The end of a client: what is under way hears of it, and what would begin can ask. */
export interface Closing {
  isClosed(): boolean
  /** Calls the listener once, at the end; returns what forgets it. */
  onClose(listener: () => void): () => void
  /** Safe to call twice. */
  close(): void
}

export function createCloseLoop(): Closing {
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

/** What `work` brings, or `ifClosed` as soon as the client is closed; then nothing is begun any more. */
export function unlessClosed<Result>(
  closing: Closing,
  work: () => Promise<Result>,
  ifClosed: () => Result,
): Promise<Result> {
  if (closing.isClosed()) return Promise.resolve(ifClosed())
  return new Promise((resolve, reject) => {
    const forget = closing.onClose(() => resolve(ifClosed()))
    work().then(resolve, reject).finally(forget)
  })
}
