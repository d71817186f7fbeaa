import { describe, expect, test } from 'vitest'
import { pagesOf } from '../../../src/bill/pages.ts'
import { inSets } from '../../../src/bill/sets.ts'

async function* given(...chunks: number[][]) {
  yield* chunks
}

async function listed<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Numbers up to `last`, two at a time. */
function upTo(last: number): AsyncGenerator<number[]> {
  return pagesOf<number>(2, async (after = 0) => [after + 1, after + 2].filter((n) => n <= last))
}

describe('rows in sets', () => {
  test('have the same size, however they come', async () => {
    const rows = given([1], [2, 3, 4, 5], [], [6, 7])
    expect(await listed(inSets(rows, { skip: 0, size: 3 }))).toEqual([[1, 2, 3], [4, 5, 6], [7]])
  })

  test('begin after those that are done', async () => {
    expect(await listed(inSets(given([1, 2], [3, 4, 5]), { skip: 3, size: 2 }))).toEqual([[4, 5]])
    expect(await listed(inSets(given([1, 2], [3]), { skip: 3, size: 2 }))).toEqual([])
  })
})

describe('pages', () => {
  test.for([
    [0, []],
    [1, [[1]]],
    [
      4,
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [5, [[1, 2], [3, 4], [5]]],
  ] as const)('of %i rows are found one after the other, none of them empty', async ([last, pages]) => {
    expect(await listed(upTo(last))).toEqual(pages)
  })
})
