/**
 * One read at a time: whoever asks while one runs shares the next one with all who do, so that a read always begins after it
 * was asked for.
 */
export function shareReads<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<Value> | undefined
  return () => {
    next ??= running.then(() => {
      next = undefined
      const started = read()
      running = started.catch(() => {})
      return started
    })
    return next
  }
}
