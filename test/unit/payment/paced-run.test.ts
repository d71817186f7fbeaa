import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPacedRun, NOT_CALLED } from '../../../src/payment/paced-run.ts'
import { WechatPayError } from '../../../src/wechat/errors.ts'

const silence = new WechatPayError('no answer', { action: 'repeat', outcomeUnknown: true })
const never = new Promise<unknown>(() => {})

afterEach(() => void vi.useRealTimers())

interface Setting {
  /** How many items are due. */
  due: number
  atOnce?: number
  /** How many of those that are due each claim is granted, the last number for ever; as many as it asks for by default. */
  grants?: number[]
  /** The result of the work on each item. */
  work?: (item: number) => Promise<unknown>
}

/** A paced run over numbers, the `atMost` of each claim, and the numbers that it worked on, oldest first. */
function given({ due, atOnce = 100, grants = [], work = () => Promise.resolve(undefined) }: Setting) {
  const claims: number[] = []
  const worked: number[] = []
  let left = due
  let next = 0
  const run = createPacedRun<number>({
    atOnce,
    claim: async (atMost) => {
      const granted = grants[Math.min(claims.length, grants.length - 1)] ?? atMost
      claims.push(atMost)
      const wanted = Math.min(atMost, left)
      const taken = Math.min(wanted, granted)
      left -= taken
      return { items: Array.from({ length: taken }, () => next++), isLimited: taken < wanted }
    },
    work: (item) => {
      worked.push(item)
      return work(item)
    },
  })
  return { run, claims, worked }
}

/** Lets everything run that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a paced run', () => {
  test('works on all items that are due, and resolves once all have ended', async () => {
    const ended: number[] = []
    const work = async (item: number) => {
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(item)
    }
    const { run, worked } = given({ due: 60, work })

    expect(await run()).toBe(false)

    expect(worked).toHaveLength(60)
    expect(ended).toHaveLength(60)
  })

  test('begins with five items at once, and lets one more begin for each answer, up to its bound', async () => {
    const held: (() => void)[] = []
    const { run, claims } = given({
      due: 1_000,
      atOnce: 12,
      work: () => new Promise((resolve) => held.push(() => resolve(undefined))),
    })
    const sizes: number[] = []
    const stop = new AbortController()

    const running = run(stop.signal)
    for (let round = 0; round < 4; round++) {
      await expect.poll(() => claims.length).toBe(round + 1)
      await settled()
      sizes.push(held.length)
      if (round === 3) stop.abort()
      for (const answer of held.splice(0)) answer()
    }
    await running

    expect(sizes).toEqual([5, 10, 12, 12])
  })

  test('claims more while an item hangs', async () => {
    const { run, worked } = given({ due: 300, work: (item) => (item === 0 ? never : Promise.resolve(undefined)) })
    void run()
    await expect.poll(() => worked.length).toBe(300)
  })

  test('claims nothing more once it is stopped, and ends with what it has in hand', async () => {
    const first = Promise.withResolvers<void>()
    const { run, claims } = given({ due: 100, work: () => first.promise })
    const stop = new AbortController()

    const running = run(stop.signal)
    await settled()
    stop.abort()
    first.resolve()
    await running

    expect(claims).toEqual([5])
  })

  test('claims again after a pause what its rate kept back, without spinning', async () => {
    const { run, claims, worked } = given({ due: 8, grants: [3, 0, 5] })

    await run()

    expect(worked).toHaveLength(8)
    expect(claims).toHaveLength(3)
  })

  test('works on items one after the other when one may be in hand', async () => {
    const first = Promise.withResolvers<void>()
    const { run, worked } = given({ due: 2, atOnce: 1, work: () => first.promise })

    const running = run()
    await settled()
    expect(worked).toEqual([0])
    first.resolve()
    await running

    expect(worked).toEqual([0, 1])
  })
})

describe('a paced run, while WeChat is silent', () => {
  test('ends after five items without an answer', async () => {
    const { run, worked } = given({ due: 100, work: () => Promise.resolve(silence) })
    await run()
    expect(worked).toHaveLength(5)
  })

  test('ends as soon when most of its work needs no call', async () => {
    const { run, worked } = given({ due: 100, work: (item) => Promise.resolve(item % 2 === 0 ? silence : NOT_CALLED) })
    await run()
    expect(worked.filter((item) => item % 2 === 0)).toHaveLength(5)
  })

  test('claims nothing while the circuit breaker is open, and one item when it is half-open', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const wechat = { answers: false }
    const { run, claims, worked } = given({
      due: 100,
      work: () => Promise.resolve(wechat.answers ? undefined : silence),
    })
    await run()

    vi.advanceTimersByTime(4_999)
    await run()
    expect(claims).toEqual([5])

    vi.advanceTimersByTime(1)
    await run()
    expect(claims).toEqual([5, 1])
    expect(worked).toHaveLength(6)

    vi.advanceTimersByTime(15_000)
    wechat.answers = true
    await run()
    expect(claims.slice(2, 4)).toEqual([1, 6])
    expect(worked).toHaveLength(100)
  })

  test('ends after five items without an answer, one after the other', async () => {
    const { run, worked } = given({ due: 10, atOnce: 1, work: () => Promise.resolve(silence) })
    await run()
    expect(worked).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a paced run that fails', () => {
  test('rejects with the error of its work', async () => {
    const { run } = given({ due: 1, work: () => Promise.reject(new Error('ours')) })
    await expect(run()).rejects.toThrow('ours')
  })

  test('rejects only after the last item in hand has ended, and claims nothing more', async () => {
    const slow = Promise.withResolvers<void>()
    const work = (item: number) => (item === 0 ? Promise.reject(new Error('ours')) : slow.promise)
    const { run, claims } = given({ due: 100, work })
    let hasEnded = false

    const running = run()
      .catch((error: unknown) => error)
      .finally(() => {
        hasEnded = true
      })
    await settled()
    expect(hasEnded).toBe(false)
    slow.resolve()
    expect(await running).toEqual(new Error('ours'))
    expect(claims).toEqual([5])
  })
})
