/** The longest that requests wait for the read before theirs: one whose connection hangs delays no others. */
const MOST_WAIT_MS = 4

/**
 * Makes a reader that collects the keys requested of one source until `schedule` calls back, and reads them together. A
 * read begins after the requests that it serves, so it sees what was committed before them. A key that `read` leaves out
 * yields null; a read that fails, fails for all whom it serves.
 *
 * @param schedule by default the end of this turn of the event loop, and of the read that is under way: requests that
 *   arrive together are read together, and one by itself waits for nothing.
 */
export function batchReads<Source extends object, Value>(
  read: (source: Source, keys: string[]) => Promise<Map<string, Value>>,
  schedule: (start: () => void, underWay: Promise<unknown> | undefined) => void = afterTheLast,
): (source: Source, key: string) => Promise<Value | null> {
  const gathering = new WeakMap<Source, { keys: Set<string>; values: Promise<Map<string, Value>> }>()

  const underWay = new WeakMap<Source, Promise<unknown>>()

  const startBatch = (source: Source) => {
    const keys = new Set<string>()
    const values = new Promise<void>((resolve) => schedule(resolve, underWay.get(source))).then(() => {
      gathering.delete(source)
      const reading = read(source, [...keys])
      const ended = reading.then(nothing, nothing).then(() => {
        if (underWay.get(source) === ended) underWay.delete(source)
      })
      underWay.set(source, ended)
      return reading
    })
    const batch = { keys, values }
    gathering.set(source, batch)
    return batch
  }

  return async (source, key) => {
    const batch = gathering.get(source) ?? startBatch(source)
    batch.keys.add(key)
    return (await batch.values).get(key) ?? null
  }
}

function afterTheLast(start: () => void, underWay: Promise<unknown> | undefined): void {
  if (!underWay) return void setImmediate(start)
  const timer = setTimeout(start, MOST_WAIT_MS)
  void underWay.then(() => {
    clearTimeout(timer)
    start()
  })
}

function nothing(): void {}
