/**
 * Writes items in as few calls of `write` as they arrive: what comes while a write is under way goes with the next one. No
 * timer delays anything, and one write at a time is under way.
 *
 * @returns a function that resolves once its item is written, and rejects when the write that it went with failed.
 */
export function createTogether<Item>(write: (items: Item[]) => Promise<unknown>): (item: Item) => Promise<void> {
  let waiting: Item[] = []
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | null = null

  const writeWaiting = async () => {
    // Whoever went with a write that failed hears of it; those who waited for it to end don't.
    await last.catch(() => {})
    const items = waiting
    waiting = []
    last = next ?? last
    next = null
    await write(items)
  }
  return (item) => {
    waiting.push(item)
    next ??= writeWaiting()
    return next
  }
}
