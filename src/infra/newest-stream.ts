/** Whoever waits for a value: an object in place of a promise, which takes several times the memory while it waits. */
export interface NewestReader<Value> {
  take: (value: Value) => void
  /** There are no more values. */
  end: () => void
}

/**
 * A conflating stream, for one reader, who iterates it once: it holds at most one unsent value. A slow reader misses values
 * in between, never the newest. It is lazy: it starts when the reader requests the first value, so a stream that nobody
 * reads costs nothing.
 *
 * A class, for thousands are open at the same time: closures would take ten times the memory.
 */
export class NewestStream<Value extends object> implements AsyncIterableIterator<Value, undefined> {
  #state: 'new' | 'open' | 'over' = 'new'
  #unsent: Value | undefined = undefined
  #reader: NewestReader<Value> | undefined = undefined

  /** Replaces the unsent value, if there is one. */
  offer(value: Value): void {
    if (this.#state === 'over') return
    const reader = this.#reader
    this.#reader = undefined
    if (reader) return reader.take(value)
    if (this.#unsent) this.onReplaced()
    this.#unsent = value
  }

  /** Ends the stream once the unsent value is read. */
  end(): void {
    const wasOver = this.#state === 'over'
    const reader = this.#reader
    this.#state = 'over'
    this.#reader = undefined
    if (!wasOver) this.onStop()
    reader?.end()
  }

  /** Gives the reader one value, now or once there is one. For a reader who waits for one at a time. */
  read(reader: NewestReader<Value>): void {
    if (this.#state === 'new') {
      this.#state = 'open'
      this.onStart()
    }
    const value = this.#unsent
    this.#unsent = undefined
    if (value) reader.take(value)
    else if (this.#state === 'over') reader.end()
    else this.#reader = reader
  }

  /** The same as a promise. */
  next(): Promise<IteratorResult<Value, undefined>> {
    return new Promise((resolve) => {
      this.read({
        take: (value) => resolve({ done: false, value }),
        end: () => resolve({ done: true, value: undefined }),
      })
    })
  }

  /** The reader leaves: what is unsent is dropped. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#unsent = undefined
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Whether it has been ended. */
  protected get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Runs when an unsent value is replaced. */
  protected onReplaced(): void {}

  /** Runs once, when the first value is requested. */
  protected onStart(): void {}

  /** Runs once when the stream is over, whoever ends it, also before it was started. */
  protected onStop(): void {}
}
