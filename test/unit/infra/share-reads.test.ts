import { describe, expect, test } from 'vitest'
import { shareReads } from '../../../src/infra/share-reads.ts'

/** A read that ends when it is told to, and counts how often it began. */
function openRead() {
  const ends: (() => void)[] = []
  const read = shareReads(() => {
    const number = ends.length + 1
    return new Promise<number>((resolve, reject) => {
      ends.push(() => (number === 2 ? reject(new Error('away')) : resolve(number)))
    })
  })
  return { read, ends }
}

describe('reads that are shared', () => {
  test('begin after they were asked for, one at a time, and the next is all others’', async () => {
    const { read, ends } = openRead()
    const first = read()
    await expect.poll(() => ends.length).toBe(1)
    const others = Promise.allSettled([read(), read()])
    expect(ends).toHaveLength(1)
    ends[0]?.()
    expect(await first).toBe(1)
    await expect.poll(() => ends.length).toBe(2)
    ends[1]?.()
    expect(await others).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])

    const later = read()
    await expect.poll(() => ends.length).toBe(3)
    ends[2]?.()
    expect(await later).toBe(3)
  })
})
