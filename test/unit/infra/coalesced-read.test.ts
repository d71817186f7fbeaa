import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { coalesceReads } from '../../../src/infra/coalesced-read.ts'

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

  test('reads as many keys at a time as it is told', async () => {
    const reads: string[][] = []
    const failures: unknown[] = []
    const want = coalesceReads(
      async (keys) => void reads.push(keys),
      (error) => failures.push(error),
      { atOnce: 2 },
    )
    want(['a', 'b', 'c', 'd', 'e'])
    await expect.poll(() => reads).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(failures).toEqual([])
  })

  test('lets those who come within the pause after a read share the next one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const reads: string[][] = []
    const want = coalesceReads(
      async (keys) => void reads.push(keys),
      () => {},
      { pauseMs: 10 },
    )
    want(['a'])
    for (const key of ['b', 'c']) {
      await setImmediate()
      want([key])
    }
    expect(reads).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(10)
    expect(reads).toEqual([['a'], ['b', 'c']])
    await vi.advanceTimersByTimeAsync(10)
    want(['d'])
    expect(reads).toEqual([['a'], ['b', 'c'], ['d']])
  })
})
