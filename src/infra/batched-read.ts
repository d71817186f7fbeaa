/** The longest that requests wait for the read before theirs: one whose connection hangs delays no others. */
const MOST_WAIT_MS = 4

/**
 * Makes a reader that collects the keys requested of one source until `schedule` calls back, and reads them together. A
 * read begins after the requests that it serves, so it sees what was committed before them. A key that `read` leaves out
 * yields null; a read that fails, fails for all whom it serves.
 *
 * @param schedule by default the end of this turn of the event loop: requests that arrive together are read together, and
 *   one by itself waits for nothing.
 */
export function batchReads<Source extends object, Value>(
  read: (source: Source, keys: string[]) => Promise<Map<string, Value>>,
  schedule: (start: () => void, source: Source) => void = (start) => setImmediate(start),
): (source: Source, key: string) => Promise<Value | null> {
  const gathering = new WeakMap<Source, { keys: Set<string>; values: Promise<Map<string, Value>> }>()

  const startBatch = (source: Source) => {
    const keys = new Set<string>()
    const values = new Promise<void>((resolve) => schedule(resolve, source)).then(() => {
      gathering.delete(source)
      return read(source, [...keys])
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

/**
 * The same for many who come at once and aren't in a hurry: requests wait for the read under way as well, so that the
 * busier it is the more share one.
 */
export function batchReadsInTurn<Source extends object, Value>(
  read: (source: Source, keys: string[]) => Promise<Map<string, Value>>,
): (source: Source, key: string) => Promise<Value | null> {
  const underWay = new WeakMap<Source, Promise<unknown>>()

  const readNext = (source: Source, keys: string[]) => {
    const reading = read(source, keys)
    const longest = new Promise((resolve) => setTimeout(resolve, MOST_WAIT_MS))
    underWay.set(source, Promise.race([reading.catch(() => {}), longest]))
    return reading
  }
  return batchReads(readNext, (start, source) => {
    void Promise.resolve(underWay.get(source)).then(() => setImmediate(start))
  })
}
