/**
 * Rows in sets of `size`, the last one smaller.
 *
 * @param input.skip so many are left out, at the beginning.
 */
export async function* inSets<Row>(
  rows: AsyncIterable<Row[]>,
  { skip, size }: { skip: number; size: number },
): AsyncGenerator<Row[]> {
  let toSkip = skip
  let set: Row[] = []
  for await (const some of rows) {
    const skipped = Math.min(toSkip, some.length)
    toSkip -= skipped
    for (const row of some.slice(skipped)) {
      set.push(row)
      if (set.length < size) continue
      yield set
      set = []
    }
  }
  if (set.length > 0) yield set
}
