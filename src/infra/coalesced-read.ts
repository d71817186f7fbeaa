const READ_AT_ONCE = 1_000

/**
 * Makes a function that has keys read: one read at a time, and everything asked for in the meantime by the next one. A
 * key is always read after it was asked for. What a failed read was for has to be asked for again.
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
