const READ_AT_ONCE = 1_000

/**
 * Coalesces reads: one read runs at a time, and the next one covers all keys requested meanwhile. A read that serves a
 * request always begins after it. After a failure, the keys of that read have to be requested again.
 *
 * @returns a function that requests keys to be read.
 */
export function coalesceReads(
  read: (keys: string[]) => Promise<void>,
  onFailure: (error: unknown) => void,
): (keys: Iterable<string>) => void {
  const wanted = new Set<string>()
  let reading = false

  const readWanted = async () => {
    reading = true
    try {
      while (wanted.size > 0) {
        const keys = [...wanted].slice(0, READ_AT_ONCE)
        for (const key of keys) wanted.delete(key)
        await read(keys)
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
