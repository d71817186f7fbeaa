/** A conflating stream: it holds at most one unsent value. A slow reader misses values in between, never the newest. */
export interface NewestStream<Value> {
  /** For one reader, who iterates it once. */
  values: AsyncIterableIterator<Value>
  /** Replaces the unsent value, if there is one. */
  offer: (value: Value) => void
  /** Ends the stream once the unsent value is read. */
  end: () => void
}

/**
 * A new stream. It is lazy: `onStart` runs when the reader requests the first value, so a stream that nobody reads
 * costs nothing. `onStop` runs once when it is over, whoever ends it, also before it was started.
 */
export function createNewestStream<Value>(onStart: () => void, onStop: () => void): NewestStream<Value> {
  let state: 'new' | 'open' | 'over' = 'new'
  let unsent: { value: Value } | null = null
  let waiting: ((result: IteratorResult<Value, undefined>) => void)[] = []

  const stop = () => {
    const wasOver = state === 'over'
    state = 'over'
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined })
    if (!wasOver) onStop()
  }
  const next = (): Promise<IteratorResult<Value, undefined>> => {
    if (state === 'new') {
      state = 'open'
      onStart()
    }
    if (unsent) {
      const { value } = unsent
      unsent = null
      return Promise.resolve({ done: false, value })
    }
    if (state === 'over') return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      // Not pushed, which would make room for many.
      waiting = [...waiting, resolve]
    })
  }
  const leave = (): Promise<IteratorResult<Value, undefined>> => {
    unsent = null
    stop()
    return Promise.resolve({ done: true, value: undefined })
  }

  return {
    values: {
      next,
      return: leave,
      [Symbol.asyncIterator]() {
        return this
      },
    },
    offer(value) {
      if (state === 'over') return
      const reader = waiting.shift()
      if (reader) reader({ done: false, value })
      else unsent = { value }
    },
    end: stop,
  }
}
