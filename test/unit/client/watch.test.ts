import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayClient, type PayClientOptions, type Problem } from '../../../client/src/pay-client.ts'
import { createScriptedWx, payment, problem, type ScriptedWx } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function watchScripted(scripted: ScriptedWx, token: PayClientOptions['token']) {
  const client = createPayClient({ url: 'https://pay.example.com/graphql', token, wx: scripted.wx })
  const statuses: string[] = []
  const ends: (Problem | null)[] = []
  client.watchPayment('P1', { onPayment: ({ status }) => statuses.push(status), onEnd: (end) => ends.push(end) })
  return { client, statuses, ends }
}

describe('a watch of a payment', () => {
  test('goes on when the token can’t be read for a while', async () => {
    const scripted = createScriptedWx({ answer: () => payment('PENDING') })
    let storage: string | Error = new Error('getStorageSync:fail')
    const { client, statuses, ends } = watchScripted(scripted, () => {
      if (storage instanceof Error) throw storage
      return storage
    })
    await vi.advanceTimersByTimeAsync(20_000)
    scripted.show()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(scripted.asked).toEqual([])
    expect(ends).toEqual([])

    storage = 'token'
    await vi.advanceTimersByTimeAsync(20_000)
    expect(statuses).toEqual(['PENDING'])
    client.close()
  })

  test('survives a token that can’t be read when the app comes back', async () => {
    const scripted = createScriptedWx({ answer: () => payment('PENDING') })
    const tokens = { fail: false }
    const { client, statuses, ends } = watchScripted(scripted, async () => {
      if (tokens.fail) throw new Error('refresh failed')
      return 'token'
    })
    await vi.advanceTimersByTimeAsync(20_000)
    tokens.fail = true
    scripted.show()
    await vi.advanceTimersByTimeAsync(20_000)

    expect(statuses).toEqual(['PENDING'])
    expect(ends).toEqual([])
    client.close()
  })

  test('survives a session that is just being refreshed', async () => {
    const session = { valid: 'new', token: 'old' }
    const scripted = createScriptedWx({
      answer: () => (session.token === session.valid ? payment('PENDING') : problem('UNAUTHENTICATED')),
    })
    const { client, statuses, ends } = watchScripted(scripted, () => {
      if (scripted.asked.length > 0) session.token = 'new'
      return session.token
    })
    await vi.advanceTimersByTimeAsync(20_000)

    expect(statuses).toEqual(['PENDING'])
    expect(ends).toEqual([])
    client.close()
  })

  test('ends when the same token is refused twice', async () => {
    const scripted = createScriptedWx({ answer: () => problem('UNAUTHENTICATED') })
    const { ends } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(20_000)

    expect(ends).toMatchObject([{ code: 'UNAUTHENTICATED' }])
    expect(scripted.asked).toHaveLength(2)
  })

  test.for([
    [0, 45],
    [0.999, 75],
  ] as const)(
    'tries the best way again after a minute of good answers, give or take (by %d: %d s)',
    async ([luck, seconds]) => {
      vi.spyOn(Math, 'random').mockReturnValue(luck)
      const scripted = createScriptedWx({ answer: () => payment('PENDING') })
      const { client } = watchScripted(scripted, () => 'token')
      await vi.advanceTimersByTimeAsync(10_000)
      expect(scripted.socketsAskedAt).toHaveLength(2)

      await vi.advanceTimersByTimeAsync(80_000)
      const [first = 0, , again = 0] = scripted.socketsAskedAt
      expect((again - first) / 1_000).toBeGreaterThan(seconds)
      expect((again - first) / 1_000).toBeLessThan(seconds + 5)
      client.close()
    },
  )

  test('goes on asking where the best way is still none, after one try', async () => {
    const scripted = createScriptedWx({ answer: () => payment('PENDING') })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(600_000)

    expect(scripted.socketsAskedAt.length).toBeGreaterThan(2 + 6)
    expect(scripted.socketsAskedAt.length).toBeLessThan(2 + 14)
    const pauses = scripted.asked.map(({ at }, turn) => at - (scripted.asked[turn - 1]?.at ?? at))
    expect(Math.max(...pauses)).toBeLessThan(3_000)
    client.close()
  })

  test('does not take trouble for a better network', async () => {
    let turn = 0
    const scripted = createScriptedWx({
      answer: () => (turn++ % 10 === 9 ? problem('INTERNAL_SERVER_ERROR') : payment('PENDING')),
    })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(600_000)

    expect(scripted.socketsAskedAt).toHaveLength(2)
    client.close()
  })

  test('asks no sooner than the server allows', async () => {
    const scripted = createScriptedWx({ answer: () => problem('RATE_LIMITED', { retryAfterSeconds: 20 }) })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(45_000)

    expect(scripted.asked).toHaveLength(3)
    client.close()
  })
})

describe('a listener that throws', () => {
  const boom = new Error('boom')

  test('surfaces as its own error, and the watch goes on', async () => {
    let version = 0
    const scripted = createScriptedWx({ answer: () => payment('PENDING', ++version) })
    const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx: scripted.wx })
    const versions: number[] = []
    const ends: unknown[] = []
    client.watchPayment('P1', {
      onPayment(state) {
        versions.push(state.version)
        if (state.version === 1) throw boom
      },
      onEnd: (end) => ends.push(end),
    })
    await expect(vi.advanceTimersByTimeAsync(20_000)).rejects.toBe(boom)

    await vi.advanceTimersByTimeAsync(20_000)
    expect(versions.slice(0, 3)).toEqual([1, 2, 3])
    expect(ends).toEqual([])
    client.close()
  })

  test('surfaces as its own error when it hears of the end', async () => {
    const scripted = createScriptedWx({ answer: () => payment('CLOSED') })
    const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx: scripted.wx })
    client.watchPayment('P1', {
      onPayment: () => {},
      onEnd() {
        throw boom
      },
    })

    await expect(vi.advanceTimersByTimeAsync(20_000)).rejects.toBe(boom)
    client.close()
  })
})
