import { describe, expect, test } from 'vitest'
import { inParallel } from '../../../src/infra/in-parallel.ts'
import { createTogether } from '../../../src/infra/write-together.ts'

/** A function that writes together, its writes, and how each of them is ended. */
function givenWriter() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = []
  const write = createTogether<number>((items) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    writes.push({ items, end: (error) => (error ? reject(error) : resolve()) })
    return promise
  })
  return { write, writes }
}

/** Lets everything happen that waits for nothing else. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('inParallel', () => {
  test('works on no more items at once than it may, and says how each ended in their order', async () => {
    let running = 0
    let most = 0
    const ends = await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
      running += 1
      most = Math.max(most, running)
      for (let turn = 0; turn < item; turn++) await Promise.resolve()
      running -= 1
      if (item === 4) throw new Error('four')
      return item * 10
    })

    expect(most).toBe(2)
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : String(end.reason)))).toEqual([
      50,
      10,
      'Error: four',
      20,
      30,
    ])
  })

  test('ends at once without items', async () => {
    expect(await inParallel([], 3, async () => {})).toEqual([])
  })
})

describe('createTogether', () => {
  test('writes what comes during a write by the next one, one write at a time', async () => {
    const { write, writes } = givenWriter()
    const first = [write(1), write(2)]
    await settled()
    const second = [write(3), write(4), write(5)]
    await settled()
    expect(writes.map(({ items }) => items)).toEqual([[1, 2]])

    writes[0]?.end()
    await Promise.all(first)
    await settled()
    expect(writes.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
    writes[1]?.end()
    await Promise.all(second)
  })

  test('fails those whose write failed, and nobody else', async () => {
    const { write, writes } = givenWriter()
    const first = write(1)
    await settled()
    const second = write(2)
    writes[0]?.end(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await settled()
    writes[1]?.end()
    await expect(second).resolves.toBeUndefined()
  })
})
