import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayClient, type PayClientOptions, type Problem } from '../../../client/src/pay-client.ts'
import { createScriptedWx, payment, problem, type ScriptedWx } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
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
})
