/**
 * Rows page by page, each found by its key: however many there are, no statement reads more than a page of them.
 *
 * @param find the rows after this one, of which a page has `size` at least unless it is the last.
 */
export async function* pagesOf<Row>(
  size: number,
  find: (after: Row | undefined) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  let after: Row | undefined
  while (true) {
    const page = await find(after)
    if (page.length > 0) yield page
    if (page.length < size) return
    after = page.at(-1)
  }
}
