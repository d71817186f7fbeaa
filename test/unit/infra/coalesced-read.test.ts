import { describe, expect, test } from 'vitest'
import { coalesceLookups, coalesceReads } from '../../../src/infra/coalesced-read.ts'

/** Reads that end when the test says so. */
function openReads() {
  const reads: { keys: string[]; end: (error?: Error) => void }[] = []
  const failures: unknown[] = []
  const want = coalesceReads(
    (keys) =>
      new Promise((resolve, reject) => {
        reads.push({ keys, end: (error) => (error ? reject(error) : resolve()) })
      }),
    (error) => failures.push(error),
  )
  return { reads, failures, want }
}

describe('coalesced reads', () => {
  test('runs one read at a time, and covers all keys requested meanwhile by the next', async () => {
    const { reads, want } = openReads()
    want(['a'])
    want(['b', 'c'])
    want(['b'])
    expect(reads.map(({ keys }) => keys)).toEqual([['a']])
    reads[0]?.end()
    await expect.poll(() => reads.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']])
  })

  test('reads a key again that is requested during its read', async () => {
    const { reads, want } = openReads()
    want(['a'])
    want(['a'])
    reads[0]?.end()
    await expect.poll(() => reads.map(({ keys }) => keys)).toEqual([['a'], ['a']])
  })

  test('goes on reading after a failed read', async () => {
    const { reads, failures, want } = openReads()
    want(['a'])
    reads[0]?.end(new Error('the database is away'))
    await expect.poll(() => failures).toHaveLength(1)
    want(['b'])
    expect(reads.at(-1)?.keys).toEqual(['b'])
  })

  test('reads at most a thousand keys at a time', async () => {
    const { reads, want } = openReads()
    want(Array.from({ length: 1_500 }, (_, index) => `key ${index}`))
    reads[0]?.end()
    await expect.poll(() => reads.map(({ keys }) => keys.length)).toEqual([1_000, 500])
  })
})

/** Lookups whose reads end when the test says so: two at a time, of three keys at most. */
function openLookups() {
  const reads: { keys: string[]; end: (error?: Error) => void }[] = []
  const lookUp = coalesceLookups(
    (keys) =>
      new Promise<Map<string, string>>((resolve, reject) => {
        const found = new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, `value of ${key}`]))
        reads.push({ keys, end: (error) => (error ? reject(error) : resolve(found)) })
      }),
    { atOnce: 3, reads: 2 },
  )
  return { reads, lookUp, keys: () => reads.map(({ keys }) => keys) }
}

describe('coalesced lookups', () => {
  test('go together into the next read while as many run as may', async () => {
    const { reads, lookUp, keys } = openLookups()
    const found = Promise.all(['a', 'b', 'c', 'nothing', 'c', 'd', 'e'].map(lookUp))
    expect(keys()).toEqual([['a'], ['b']])
    reads[0]?.end()
    await expect.poll(keys).toEqual([['a'], ['b'], ['c', 'nothing', 'd']])
    reads[1]?.end()
    await expect.poll(keys).toHaveLength(4)
    for (const { end } of reads) end()
    const values = ['a', 'b', 'c', undefined, 'c', 'd', 'e'].map((key) => key && `value of ${key}`)
    expect(await found).toEqual(values)
  })

  test('are never served by a read that began before them', async () => {
    const { reads, lookUp, keys } = openLookups()
    const [first, second] = [lookUp('a'), lookUp('a')]
    expect(keys()).toEqual([['a'], ['a']])
    for (const { end } of reads) end()
    expect(await Promise.all([first, second])).toEqual(['value of a', 'value of a'])
  })

  test('fail together with their read, and go on with the next', async () => {
    const { reads, lookUp } = openLookups()
    const failing = lookUp('a')
    reads[0]?.end(new Error('the database is away'))
    await expect(failing).rejects.toThrow('the database is away')
    const next = lookUp('a')
    reads[1]?.end()
    expect(await next).toBe('value of a')
  })
})
