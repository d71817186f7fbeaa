import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MeDocument } from '../../../client/src/pay-client.ts'
import { problem } from './scripted-wx.ts'
import { givenSignedIn, HOUR_MS, NOON, openServer, user, WEEK_MS } from './session-server.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: NOON })
})

afterEach(() => {
  vi.useRealTimers()
})

function failStorage(): never {
  throw new Error('setStorageSync:fail exceed storage max size')
}

describe('a client without `token`', () => {
  test('is anonymous until the server asks who is there', async () => {
    const { client, sent } = openServer().openPhone()

    expect(await client.request(MeDocument, {})).toEqual({ ok: true, data: { me: null } })
    expect(sent()).toEqual(['Me'])
  })

  test('signs in once for all that are refused at the same time, and sends each of them again', async () => {
    const { client, sent } = openServer().openPhone()
    const answers = await Promise.all([1, 2, 3].map(() => client.paymentStatus('P1')))

    expect(answers).toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
    const again = 'PaymentStatus token-1'
    expect(sent()).toEqual(['PaymentStatus', 'PaymentStatus', 'PaymentStatus', 'WxLogin', again, again, again])
  })

  test('login() resolves with the person, and asks nobody when that is known', async () => {
    const { client, sent } = openServer().openPhone()

    expect(await Promise.all([client.login(), client.login()])).toEqual([
      { ok: true, data: user },
      { ok: true, data: user },
    ])
    expect(await client.login()).toEqual({ ok: true, data: user })
    expect(sent()).toEqual(['WxLogin'])
  })

  test('login({ phoneCode }) signs in anew, and sends the code of the button', async () => {
    const { phone } = await givenSignedIn()
    await phone.client.login({ phoneCode: 'of-button' })

    expect(phone.requests.at(-1)).toMatchObject({
      operation: 'WxLogin',
      variables: { input: { code: 'code', phoneCode: 'of-button' } },
    })
  })

  test('keeps its session for the next start of the app', async () => {
    const { server, phone } = await givenSignedIn()
    const next = server.openPhone({ storage: phone.storage })

    expect(await next.client.paymentStatus('P1')).toMatchObject({ ok: true })
    expect(next.sent()).toEqual(['PaymentStatus token-1'])
  })

  test('sends the session of one server to no other', async () => {
    const { server, phone } = await givenSignedIn()
    const other = server.openPhone({ storage: phone.storage, url: 'https://other.example.com/graphql' })
    await other.client.request(MeDocument, {})

    expect(other.sent()).toEqual(['Me'])
  })

  test.for(['not JSON', '{}', '"text"', 'null', '{"accessToken":1}'])(
    'takes what it can’t read in the store (%s) for no session',
    async (text) => {
      const storage = new Map([['looklook-pay https://pay.example.com/graphql', text]])
      const { client } = openServer().openPhone({ storage })

      expect(await client.paymentStatus('P1')).toMatchObject({ ok: true })
    },
  )

  test('keeps its session in memory where the store fails', async () => {
    const { client, sent } = openServer().openPhone({ sessionStore: { getItem: failStorage, setItem: failStorage } })
    await client.login()

    expect(await client.paymentStatus('P1')).toMatchObject({ ok: true })
    expect(sent()).toEqual(['WxLogin', 'PaymentStatus token-1'])
  })

  test('works with a store that answers later', async () => {
    const stored = new Map<string, string>()
    const sessionStore = {
      getItem: async (key: string) => stored.get(key),
      setItem: async (key: string, value: string) => void stored.set(key, value),
    }
    const server = openServer()
    await server.openPhone({ sessionStore }).client.login()
    const next = server.openPhone({ sessionStore })
    await next.client.paymentStatus('P1')

    expect(next.sent()).toEqual(['PaymentStatus token-1'])
  })
})

describe('a session that is due', () => {
  test.for([
    ['right', 0],
    ['ten hours fast', 10 * HOUR_MS],
    ['a month slow', -30 * 24 * HOUR_MS],
  ] as const)(
    'is refreshed once for all who wait, before it ends, by a phone whose clock is %s',
    async ([, skewMs]) => {
      const server = openServer()
      server.setSkew(skewMs)
      const { client, sent } = server.openPhone()
      await client.login()
      await vi.advanceTimersByTimeAsync(WEEK_MS / 2 - 1)
      await client.paymentStatus('P1')
      await vi.advanceTimersByTimeAsync(1)
      await Promise.all([client.paymentStatus('P1'), client.paymentStatus('P1')])

      const refreshed = ['RefreshSession token-1', 'PaymentStatus token-2', 'PaymentStatus token-2']
      expect(sent()).toEqual(['WxLogin', 'PaymentStatus token-1', ...refreshed])
    },
  )

  test('is refreshed when the phone’s clock was turned back', async () => {
    const { phone } = await givenSignedIn()
    vi.setSystemTime(NOON - 1)
    await phone.client.paymentStatus('P1')

    expect(phone.sent()).toEqual(['WxLogin', 'RefreshSession token-1', 'PaymentStatus token-2'])
  })

  test('is replaced by signing in where the server refuses to refresh it', async () => {
    const { server, phone } = await givenSignedIn()
    server.live.clear()
    await vi.advanceTimersByTimeAsync(WEEK_MS)

    expect(await phone.client.paymentStatus('P1')).toMatchObject({ ok: true })
    expect(phone.sent()).toEqual(['WxLogin', 'RefreshSession token-1', 'WxLogin', 'PaymentStatus token-2'])
  })

  test('goes on being used where it can’t be refreshed, which is tried again a minute later', async () => {
    const { server, phone } = await givenSignedIn()
    await vi.advanceTimersByTimeAsync(WEEK_MS / 2)
    server.answers['RefreshSession'] = () => problem('RATE_LIMITED', { retryAfterSeconds: 10 })
    await phone.client.paymentStatus('P1')
    await phone.client.paymentStatus('P1')
    delete server.answers['RefreshSession']
    await vi.advanceTimersByTimeAsync(60_000)
    await phone.client.paymentStatus('P1')

    expect(phone.sent().slice(1)).toEqual([
      'RefreshSession token-1',
      'PaymentStatus token-1',
      'PaymentStatus token-1',
      'RefreshSession token-1',
      'PaymentStatus token-2',
    ])
  })

  test('is taken from another page that has refreshed it', async () => {
    const { server, phone } = await givenSignedIn()
    const other = server.openPhone({ storage: phone.storage })
    await other.client.request(MeDocument, {})
    await vi.advanceTimersByTimeAsync(WEEK_MS / 2)
    await phone.client.paymentStatus('P1')
    await other.client.paymentStatus('P1')

    expect(other.sent()).toEqual(['Me token-1', 'PaymentStatus token-2'])
  })
})
