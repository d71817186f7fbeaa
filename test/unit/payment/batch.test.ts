import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isBusy } from '../../../src/infra/pool.ts'
import { createBatch } from '../../../src/payment/settlement/batch.ts'

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

describe('a batch', () => {
  test('commits together what arrives while the statements before are in flight, in the order of arrival', async () => {
    const { sets, ends, commit } = openWork()
    const first = commit('a')
    await setImmediate()
    const second = commit('b')
    await setImmediate()

    const more = ['c', 'd', 'e'].map(commit)
    await setImmediate()
    expect(sets).toEqual([['a'], ['b']])
    ends[0]?.resolve()
    await first

    await expect.poll(() => sets).toEqual([['a'], ['b'], ['c', 'd', 'e']])
    for (const { resolve } of ends) resolve()
    expect(await Promise.all([second, ...more])).toEqual(['b', 'c', 'd', 'e'].map((item) => `${item} committed`))
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

    await expect.poll(() => sets.map(({ length }) => length)).toEqual([64, 64])
    while (sets.length * 64 < 1_024) {
      for (const { resolve } of ends) resolve()
      await setImmediate()
    }
    for (const { resolve } of ends) resolve()

    const results = await settled
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1_024)
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.every(({ reason }) => isBusy(reason))).toBe(true)
    expect(Math.max(...sets.map(({ length }) => length))).toBe(64)
  })
})
