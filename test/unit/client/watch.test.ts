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

describe('watchPayment()', () => {
  test('watchPayment() goes on when the token can’t be read for a while', async () => {
    const scripted = createScriptedWx({ answer: () => payment('PENDING') })
    let storage: string | Error = new Error('getStorageSync:fail')
    const { client, statuses, ends } = watchScripted(scripted, () => {
      if (storage instanceof Error) throw storage
      return storage
    })
    await vi.advanceTimersByTimeAsync(20_000)
    scripted.show()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(scripted.requests).toEqual([])
    expect(ends).toEqual([])

    storage = 'token'
    await vi.advanceTimersByTimeAsync(20_000)
    expect(statuses).toEqual(['PENDING'])
    client.close()
  })

  test('watchPayment() goes on when the token can’t be read as the app is shown again', async () => {
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

  test('watchPayment() goes on when the session is just being refreshed', async () => {
    const session = { valid: 'new', token: 'old' }
    const scripted = createScriptedWx({
      answer: () => (session.token === session.valid ? payment('PENDING') : problem('UNAUTHENTICATED')),
    })
    const { client, statuses, ends } = watchScripted(scripted, () => {
      if (scripted.requests.length > 0) session.token = 'new'
      return session.token
    })
    await vi.advanceTimersByTimeAsync(20_000)

    expect(statuses).toEqual(['PENDING'])
    expect(ends).toEqual([])
    client.close()
  })

  test('watchPayment() ends when the same token is refused twice', async () => {
    const scripted = createScriptedWx({ answer: () => problem('UNAUTHENTICATED') })
    const { ends } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(20_000)

    expect(ends).toMatchObject([{ code: 'UNAUTHENTICATED' }])
    expect(scripted.requests).toHaveLength(2)
  })

  test.for([
    [0, 45],
    [0.999, 75],
  ] as const)(
    'watchPayment() tries the socket again after a random 45 to 75 s of polling (random %d: %d s)',
    async ([random, seconds]) => {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const scripted = createScriptedWx({ answer: () => payment('PENDING') })
      const { client } = watchScripted(scripted, () => 'token')
      await vi.advanceTimersByTimeAsync(10_000)
      expect(scripted.socketAttemptsAt).toHaveLength(2)

      await vi.advanceTimersByTimeAsync(80_000)
      const [, second = 0, again = 0] = scripted.socketAttemptsAt
      expect((again - second) / 1_000).toBeGreaterThanOrEqual(seconds)
      expect((again - second) / 1_000).toBeLessThan(seconds + 5)
      client.close()
    },
  )

  test('watchPayment() polls on after a single failed attempt at the socket, and tries it again later', async () => {
    const scripted = createScriptedWx({ answer: () => payment('PENDING') })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(600_000)

    expect(scripted.socketAttemptsAt.length).toBeGreaterThan(2 + 6)
    expect(scripted.socketAttemptsAt.length).toBeLessThan(2 + 14)
    const pauses = scripted.requests.map(({ at }, index) => at - (scripted.requests[index - 1]?.at ?? at))
    expect(Math.max(...pauses)).toBeLessThan(3_000)
    client.close()
  })

  test('watchPayment() does not try the socket again while polling still meets errors', async () => {
    let polls = 0
    const scripted = createScriptedWx({
      answer: () => (polls++ % 10 === 9 ? problem('INTERNAL_SERVER_ERROR') : payment('PENDING')),
    })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(600_000)

    expect(scripted.socketAttemptsAt).toHaveLength(2)
    client.close()
  })

  test('watchPayment() polls no sooner than the server’s retryAfterSeconds', async () => {
    const scripted = createScriptedWx({ answer: () => problem('RATE_LIMITED', { retryAfterSeconds: 20 }) })
    const { client } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(45_000)

    expect(scripted.requests).toHaveLength(3)
    client.close()
  })
})

describe('a stream that the server refuses by a limit', () => {
  test('is opened again no sooner than the server’s retryAfterSeconds, by the same transport', async () => {
    const refused = problem('RATE_LIMITED', { retryAfterSeconds: 20 })
    const scripted = createScriptedWx({
      answer: () => payment('PENDING'),
      stream: () => `event: next\ndata: ${JSON.stringify(refused)}\n\n`,
    })
    const { client, ends } = watchScripted(scripted, () => 'token')
    await vi.advanceTimersByTimeAsync(130_000)

    const pauses = scripted.streamedAt.map((at, index) => at - (scripted.streamedAt[index - 1] ?? at - 20_000))
    expect(scripted.streamedAt.length).toBeGreaterThanOrEqual(5)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(20_000)
    expect([scripted.requests, ends]).toEqual([[], []])
    client.close()
  })
})

describe('a throwing listener of watchPayment()', () => {
  const boom = new Error('boom')

  test('an error thrown by onPayment surfaces as uncaught, and watchPayment() goes on', async () => {
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

  test('an error thrown by onEnd surfaces as uncaught', async () => {
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
