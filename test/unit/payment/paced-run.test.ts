import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPacedRun } from '../../../src/payment/paced-run.ts'
import { WechatPayError } from '../../../src/wechat/errors.ts'

const silence = new WechatPayError('no answer', { action: 'repeat', outcomeUnknown: true })

afterEach(() => void vi.useRealTimers())

interface Scene {
  /** So many items are due. */
  due: number
  perSecond?: number
  together: boolean
  /** What the work on each item ends with. */
  work?: (item: number) => Promise<unknown>
}

/** A paced run over numbers; what it asked for and what it worked on, oldest first. */
function given({ due, perSecond = 100, together, work = () => Promise.resolve(undefined) }: Scene) {
  const asked: number[] = []
  const worked: number[] = []
  let left = due
  let next = 0
  const run = createPacedRun<number>({
    perSecond,
    together,
    claim: async (atMost) => {
      asked.push(atMost)
      const taken = Math.min(atMost, left)
      left -= taken
      return Array.from({ length: taken }, () => next++)
    },
    work: (item) => {
      worked.push(item)
      return work(item)
    },
  })
  return { run, asked, worked }
}

describe.for([{ together: true }, { together: false }])('a paced run (together: $together)', ({ together }) => {
  test('takes ten items, and answers whether there may be more', async () => {
    const { run, asked, worked } = given({ due: 13, together })

    expect([await run(), await run(), await run()]).toEqual([true, false, false])

    expect(asked).toEqual([10, 10, 10])
    expect(worked).toHaveLength(13)
  })

  test('counts what it took against its rate, and claims nothing once that is used up', async () => {
    const second = 1_000_000
    vi.useFakeTimers({ toFake: ['Date'], now: second })
    const { run, asked, worked } = given({ due: 100, perSecond: 15, together })

    expect([await run(), await run(), await run()]).toEqual([true, false, false])
    expect(asked).toEqual([10, 5])

    vi.setSystemTime(second + 1_000)
    expect(await run()).toBe(true)
    expect(worked).toHaveLength(25)
  })

  test('counts items, and not what it asked for', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    const { run, asked } = given({ due: 3, perSecond: 15, together })

    for (let round = 0; round < 3; round++) await run()

    expect(asked).toEqual([10, 10, 10])
  })

  test('claims nothing while WeChat is left alone, and then one item to try it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    let answers = false
    const work = () => Promise.resolve(answers ? undefined : silence)
    const { run, asked, worked } = given({ due: 100, together, work })
    await run()
    const before = worked.length

    vi.setSystemTime(1_004_999)
    expect(await run()).toBe(false)
    expect(asked).toEqual([10])
    expect(worked).toHaveLength(before)

    vi.setSystemTime(1_005_000)
    answers = true
    await run()
    expect(asked).toEqual([10, 1])
    await run()
    expect(asked).toEqual([10, 1, 10])
  })

  test('ends when the work on all of its items has ended', async () => {
    const ended: number[] = []
    const work = async (item: number) => {
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(item)
    }
    const { run } = given({ due: 4, together, work })

    await run()

    expect(ended).toEqual([0, 1, 2, 3])
  })

  test('fails as its work does', async () => {
    const { run } = given({ due: 1, together, work: () => Promise.reject(new Error('ours')) })
    await expect(run()).rejects.toThrow('ours')
  })
})

describe('a paced run, item by item', () => {
  test('begins the next when the last has ended', async () => {
    const first = Promise.withResolvers<void>()
    const { run, worked } = given({ due: 2, together: false, work: () => first.promise })

    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(worked).toEqual([0])
    first.resolve()
    await running

    expect(worked).toEqual([0, 1])
  })

  test('leaves out what is left when WeChat stops answering', async () => {
    const { run, worked } = given({ due: 10, together: false, work: () => Promise.resolve(silence) })

    expect(await run()).toBe(true)

    expect(worked).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a paced run of all at once', () => {
  test('waits for none of them before it begins the others', async () => {
    const all = Promise.withResolvers<void>()
    const { run, worked } = given({ due: 3, together: true, work: () => all.promise })

    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(worked).toEqual([0, 1, 2])
    all.resolve()
    await running
  })

  test('ends with the last of them, though another has failed', async () => {
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
