import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPacedRun } from '../../../src/payment/paced-run.ts'
import { WechatPayError } from '../../../src/wechat/errors.ts'

const silence = new WechatPayError('no answer', { action: 'repeat', outcomeUnknown: true })

afterEach(() => void vi.useRealTimers())

interface Scene {
  /** How many items are due. */
  due: number
  perSecond?: number
  together: boolean
  /** The result of the work on each item. */
  work?: (item: number) => Promise<unknown>
}

/** A paced run over numbers, the `atMost` of each claim, and the numbers that it worked on, oldest first. */
function given({ due, perSecond = 100, together, work = () => Promise.resolve(undefined) }: Scene) {
  const claims: number[] = []
  const worked: number[] = []
  let left = due
  let next = 0
  const run = createPacedRun<number>({
    perSecond,
    together,
    claim: async (atMost) => {
      claims.push(atMost)
      const taken = Math.min(atMost, left)
      left -= taken
      return Array.from({ length: taken }, () => next++)
    },
    work: (item) => {
      worked.push(item)
      return work(item)
    },
  })
  return { run, claims, worked }
}

describe.for([{ together: true }, { together: false }])('a paced run (together: $together)', ({ together }) => {
  test('claims ten items per run, and resolves to whether there may be more', async () => {
    const { run, claims, worked } = given({ due: 13, together })

    expect([await run(), await run(), await run()]).toEqual([true, false, false])

    expect(claims).toEqual([10, 10, 10])
    expect(worked).toHaveLength(13)
  })

  test('stops claiming items once the rate limit is used up', async () => {
    const second = 1_000_000
    vi.useFakeTimers({ toFake: ['Date'], now: second })
    const { run, claims, worked } = given({ due: 100, perSecond: 15, together })

    expect([await run(), await run(), await run()]).toEqual([true, false, false])
    expect(claims).toEqual([10, 5])

    vi.setSystemTime(second + 1_000)
    expect(await run()).toBe(true)
    expect(worked).toHaveLength(25)
  })

  test('counts claimed items against the rate limit, not the number it tried to claim', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    const { run, claims } = given({ due: 3, perSecond: 15, together })

    for (let round = 0; round < 3; round++) await run()

    expect(claims).toEqual([10, 10, 10])
  })

  test('claims nothing while the circuit breaker is open, and one item when it is half-open', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    let answers = false
    const work = () => Promise.resolve(answers ? undefined : silence)
    const { run, claims, worked } = given({ due: 100, together, work })
    await run()
    const before = worked.length

    vi.setSystemTime(1_004_999)
    expect(await run()).toBe(false)
    expect(claims).toEqual([10])
    expect(worked).toHaveLength(before)

    vi.setSystemTime(1_005_000)
    answers = true
    await run()
    expect(claims).toEqual([10, 1])
    await run()
    expect(claims).toEqual([10, 1, 10])
  })

  test('resolves once the work on all claimed items has ended', async () => {
    const ended: number[] = []
    const work = async (item: number) => {
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(item)
    }
    const { run } = given({ due: 4, together, work })

    await run()

    expect(ended).toEqual([0, 1, 2, 3])
  })

  test('rejects with the error of its work', async () => {
    const { run } = given({ due: 1, together, work: () => Promise.reject(new Error('ours')) })
    await expect(run()).rejects.toThrow('ours')
  })
})

describe('a paced run, item by item', () => {
  test('works on items one after the other unless they run together', async () => {
    const first = Promise.withResolvers<void>()
    const { run, worked } = given({ due: 2, together: false, work: () => first.promise })

    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(worked).toEqual([0])
    first.resolve()
    await running

    expect(worked).toEqual([0, 1])
  })

  test('skips the remaining items when the circuit breaker opens', async () => {
    const { run, worked } = given({ due: 10, together: false, work: () => Promise.resolve(silence) })

    expect(await run()).toBe(true)

    expect(worked).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a paced run together', () => {
  test('works on all items concurrently when they run together', async () => {
    const all = Promise.withResolvers<void>()
    const { run, worked } = given({ due: 3, together: true, work: () => all.promise })

    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(worked).toEqual([0, 1, 2])
    all.resolve()
    await running
  })

  test('rejects only after the last concurrent item has ended', async () => {
    const slow = Promise.withResolvers<void>()
    const work = (item: number) => (item === 0 ? Promise.reject(new Error('ours')) : slow.promise)
    const { run } = given({ due: 2, together: true, work })
    let hasEnded = false

    const running = run()
      .catch((error: unknown) => error)
      .finally(() => {
        hasEnded = true
      })
    await new Promise((resolve) => setImmediate(resolve))
    expect(hasEnded).toBe(false)
    slow.resolve()
    expect(await running).toEqual(new Error('ours'))
  })
})
