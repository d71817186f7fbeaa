/**
 * Runs `work` on every item, at most `atOnce` of them at once. One that fails keeps none of the others back.
 *
 * @returns how each ended, in the order given.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const ends: PromiseSettledResult<Result>[] = []
  // One iterator for all lanes: each item is taken by one of them.
  const rest = items.entries()
  const lane = async () => {
    for (const [index, item] of rest) {
      const [end] = await Promise.allSettled([work(item)])
      ends[index] = end
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
  return ends
}
