/** Slots under a cap, counted for each key by itself. */
export interface Slots<Key> {
  /** @returns what releases the slot, safe to call twice; null when all of this key's are in use. */
  acquire: (key: Key) => (() => void) | null
}

/** `max` slots for each key. A key costs memory only while it has some in use. */
export function createSlots<Key = string>(max: number): Slots<Key> {
  const inUse = new Map<Key, number>()

  const releaseOne = (key: Key) => {
    const left = (inUse.get(key) ?? 0) - 1
    if (left > 0) inUse.set(key, left)
    else inUse.delete(key)
  }
  return {
    acquire(key) {
      const count = inUse.get(key) ?? 0
      if (count >= max) return null
      inUse.set(key, count + 1)
      let isReleased = false
      return () => {
        if (!isReleased) releaseOne(key)
        isReleased = true
      }
    },
  }
}
