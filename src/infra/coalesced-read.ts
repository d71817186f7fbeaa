import { setImmediate } from 'node:timers/promises'

const READ_AT_ONCE = 1_000

/**
 * Coalesces reads: one read runs at a time, and the next one covers all keys requested meanwhile, `atOnce` of them at
 * most. A read that serves a request always begins after it. After a failure, the keys of that read have to be requested
 * again. Between two reads the event loop comes round.
 *
 * @returns a function that requests keys to be read.
 */
export function coalesceReads(
  read: (keys: string[]) => Promise<void>,
  onFailure: (error: unknown) => void,
  { atOnce = READ_AT_ONCE }: { atOnce?: number } = {},
): (keys: Iterable<string>) => void {
  const wanted = new Set<string>()
  let reading = false

  const readWanted = async () => {
    reading = true
    try {
      while (wanted.size > 0) {
        const keys = takeFirst(wanted.keys(), atOnce)
        for (const key of keys) wanted.delete(key)
        await read(keys)
        if (wanted.size > 0) await setImmediate()
      }
    } catch (error) {
      onFailure(error)
    } finally {
      reading = false
    }
  }

  return (keys) => {
    for (const key of keys) wanted.add(key)
    if (!reading && wanted.size > 0) void readWanted()
  }
}

interface Lookups {
  /** How many keys one read has at most. */
  atOnce: number
  /** How many reads run at the same time at most. */
  reads: number
}

/**
 * Coalesces lookups: what is looked up while `reads` of them run goes together into the next. A read always begins after
 * the lookups that it serves; when it fails, they all fail with its error.
 *
 * @returns looks up the value of one key; undefined for a key that the read doesn't find.
 */
export function coalesceLookups<Value>(
  read: (keys: string[]) => Promise<ReadonlyMap<string, Value>>,
  { atOnce, reads }: Lookups,
): (key: string) => Promise<Value | undefined> {
  const wanted = new Map<string, PromiseWithResolvers<Value | undefined>>()
  let running = 0

  const readNext = async () => {
    running += 1
    const lookups = takeFirst(wanted, atOnce)
    for (const [key] of lookups) wanted.delete(key)
    try {
      const found = await read(lookups.map(([key]) => key))
      for (const [key, { resolve }] of lookups) resolve(found.get(key))
    } catch (error) {
      for (const [, { reject }] of lookups) reject(error)
    } finally {
      running -= 1
      if (wanted.size > 0) void readNext()
    }
  }

  return (key) => {
    const lookup = wanted.get(key) ?? Promise.withResolvers<Value | undefined>()
    wanted.set(key, lookup)
    if (running < reads) void readNext()
    return lookup.promise
  }
}

function takeFirst<Item>(items: Iterable<Item>, count: number): Item[] {
  const first: Item[] = []
  for (const item of items) {
    if (first.push(item) === count) break
  }
  return first
}
