import { setImmediate } from 'node:timers/promises'

const READ_AT_ONCE = 1_000

/**
 * Coalesces reads: one read runs at a time, and the next one covers all keys requested meanwhile, `atOnce` of them at
 * most. A read that serves a request always begins after it. After a failure, the keys of that read have to be requested
 * again. Between two reads the event loop comes round, and `pauseMs` go by: what is requested meanwhile shares the next.
 *
 * @returns a function that requests keys to be read.
 */
export function coalesceReads(
  read: (keys: string[]) => Promise<void>,
  onFailure: (error: unknown) => void,
  { atOnce = READ_AT_ONCE, pauseMs = 0 }: { atOnce?: number; pauseMs?: number } = {},
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
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        else if (wanted.size > 0) await setImmediate()
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

function takeFirst<Item>(items: Iterable<Item>, count: number): Item[] {
  const first: Item[] = []
  for (const item of items) {
    if (first.push(item) === count) break
  }
  return first
}
