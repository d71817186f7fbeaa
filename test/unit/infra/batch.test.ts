import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createBatch } from '../../../src/infra/batch.ts'
import { isBusy } from '../../../src/infra/pool.ts'

/** Work whose sets are committed when the test says so. */
function openWork() {
  const sets: string[][] = []
  const ends: PromiseWithResolvers<void>[] = []
  const commit = createBatch<string, string>({
    keysOf: (item) => item.split('+'),
    together: async (items) => {
      const end = Promise.withResolvers<void>()
      sets.push(items)
      ends.push(end)
      await end.promise
      return new Map(items.map((item) => [item, `${item} committed`]))
    },
    alone: (item) => Promise.resolve(`${item} committed alone`),
    isFaultOfData: () => false,
  })
  return { sets, ends, commit }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, nth) => String(from + nth))

describe('a batch', () => {
  test('commits together what arrives while the statement before is in flight, in the order of arrival', async () => {
    const { sets, ends, commit } = openWork()
    const first = commit('a')
    await setImmediate()

    const more = ['b', 'c', 'd'].map(commit)
    await setImmediate()
    expect(sets).toEqual([['a']])
    ends[0]?.resolve()
    await first

    await expect.poll(() => sets).toEqual([['a'], ['b', 'c', 'd']])
    ends[1]?.resolve()
    expect(await Promise.all(more)).toEqual(['b', 'c', 'd'].map((item) => `${item} committed`))
  })

  test('commits 16 at once, beside the statement in flight, and the next ones after them', async () => {
    const { sets, ends, commit } = openWork()
    const first = commit('first')
    await setImmediate()

    const all = numbers(0, 20).map(commit)
    // In the turn in which they came.
    expect(sets).toEqual([['first'], numbers(0, 16)])
    all.push(...numbers(20, 40).map(commit))
    await setImmediate()
    expect(sets).toHaveLength(2)
    ends[0]?.resolve()
    await first

    await expect.poll(() => sets).toEqual([['first'], numbers(0, 16), numbers(16, 40)])
    for (const { resolve } of ends) resolve()
    await Promise.all(all)
  })

  test('holds back what shares a key, until the first is committed, and nothing overtakes it', async () => {
    const { sets, ends, commit } = openWork()
    const all = ['a+1', 'a+2', 'b+2', 'c+3'].map(commit)

    await expect.poll(() => sets).toEqual([['a+1', 'c+3']])
    ends[0]?.resolve()
    await expect.poll(() => sets).toEqual([['a+1', 'c+3'], ['a+2']])
    ends[1]?.resolve()
    await expect.poll(() => sets).toEqual([['a+1', 'c+3'], ['a+2'], ['b+2']])
    ends[2]?.resolve()

    await Promise.all(all)
  })

  test('commits at most 64 together, and refuses as busy what would be too many', async () => {
    const { sets, ends, commit } = openWork()
    const all = Array.from({ length: 1_500 }, (_, nth) => commit(String(nth)))
    const settled = Promise.allSettled(all)

    await expect.poll(() => sets.map(({ length }) => length)).toEqual([16, 16])
    while (sets.flat().length < 1_056) {
      for (const { resolve } of ends) resolve()
      await setImmediate()
    }
    for (const { resolve } of ends) resolve()

    const results = await settled
    // 32 had begun, and 1,024 waited.
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1_056)
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.every(({ reason }) => isBusy(reason))).toBe(true)
    expect(Math.max(...sets.map(({ length }) => length))).toBe(64)
  })
})
