import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { batchReads, batchReadsInTurn } from '../../../src/infra/batched-read.ts'

function recordReads(batch: typeof batchReadsInTurn = batchReads) {
  const reads: string[][] = []
  const begun: (() => void)[] = []
  const read = batch(async (_source: object, keys: string[]) => {
    reads.push(keys)
    await new Promise<void>((resolve) => begun.push(resolve))
    return new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, `${key} of read ${reads.length}`]))
  })
  return { read, reads, finish: () => begun.splice(0).forEach((resolve) => resolve()) }
}

describe('a batched read', () => {
  test('reads together what arrives together, in callbacks of their own, each source by itself', async () => {
    const { read, reads, finish } = recordReads()
    const [one, other] = [{}, {}]
    const asked: Promise<string | null>[] = []
    const arrive = (source: object, key: string) =>
      new Promise<void>((resolve) => process.nextTick(() => resolve(void asked.push(read(source, key)))))
    await Promise.all([
      arrive(one, 'a'),
      arrive(one, 'b'),
      arrive(one, 'a'),
      arrive(one, 'nothing'),
      arrive(other, 'a'),
    ])

    await expect.poll(() => reads.length).toBe(2)
    finish()
    expect(reads).toEqual([['a', 'b', 'nothing'], ['a']])
    expect(await Promise.all(asked)).toEqual(['a of read 2', 'b of read 2', 'a of read 2', null, 'a of read 2'])
  })

  test('begins a read of its own for whoever asks while another is under way', async () => {
    const { read, reads, finish } = recordReads()
    const source = {}
    const first = read(source, 'a')
    await setImmediate()
    const second = read(source, 'a')
    await setImmediate()
    expect(reads).toEqual([['a'], ['a']])
    finish()
    expect(await Promise.all([first, second])).toEqual(['a of read 2', 'a of read 2'])
  })
})

describe('a read in turn', () => {
  test('waits for the one under way, with all who ask meanwhile', async () => {
    // The longest wait never ends.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { read, reads, finish } = recordReads(batchReadsInTurn)
    const source = {}
    const asked = [read(source, 'a')]
    await setImmediate()
    await setImmediate()
    expect(reads).toEqual([['a']])
    for (const key of ['b', 'c']) {
      asked.push(read(source, key))
      await setImmediate()
    }
    expect(reads).toEqual([['a']])
    finish()
    await setImmediate()
    await setImmediate()
    expect(reads).toEqual([['a'], ['b', 'c']])
    finish()
    expect(await Promise.all(asked)).toEqual(['a of read 1', 'b of read 2', 'c of read 2'])
  })

  test('waits no longer than some milliseconds for one that hangs', async () => {
    const { read, reads, finish } = recordReads(batchReadsInTurn)
    const source = {}
    const first = read(source, 'a')
    await expect.poll(() => reads.length).toBe(1)
    const second = read(source, 'a')
    await expect.poll(() => reads.length).toBe(2)
    finish()
    expect(await Promise.all([first, second])).toEqual(['a of read 2', 'a of read 2'])
  })
})
