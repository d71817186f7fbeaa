import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayClient, MeDocument } from '../../../client/src/pay-client.ts'
import { createScriptedWx, problem } from './scripted-wx.ts'
import { givenSignedIn, NOON, openServer, user } from './session-server.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: NOON })
})

afterEach(() => {
  vi.useRealTimers()
})

const unauthenticated = { ok: false, problem: { code: 'UNAUTHENTICATED' } }
const closed = { ok: false, problem: { code: 'NETWORK', message: 'The client is closed.' } }

/** What the server answers to a sign-in that it refuses. */
function refusal(fields: object) {
  return { data: { wxLogin: { __typename: 'SomeError', message: 'Try again.', ...fields } } }
}

describe('a refused token', () => {
  test('is replaced once for all who sent it', async () => {
    const { server, phone } = await givenSignedIn()
    server.live.clear()
    const answers = await Promise.all([phone.client.paymentStatus('P1'), phone.client.paymentStatus('P1')])

    expect(answers).toMatchObject([{ ok: true }, { ok: true }])
    expect(phone.sent().filter((request) => request === 'WxLogin')).toHaveLength(2)
  })

  test('is replaced by that of another page, where that has a newer one', async () => {
    const { server, phone } = await givenSignedIn()
    const other = server.openPhone({ storage: phone.storage })
    await other.client.request(MeDocument, {})
    server.live.clear()
    await phone.client.paymentStatus('P1')
    await other.client.paymentStatus('P1')

    expect(other.sent()).toEqual(['Me token-1', 'PaymentStatus token-1', 'PaymentStatus token-2'])
  })

  test('is replaced once a minute, so that a server which refuses every token is not stormed', async () => {
    const { server, phone } = await givenSignedIn()
    const ask = () => phone.client.paymentStatus('P1')
    server.answers['PaymentStatus'] = () => problem('UNAUTHENTICATED')
    expect(await ask()).toMatchObject(unauthenticated)
    expect(await ask()).toMatchObject(unauthenticated)
    expect(phone.sent().filter((request) => request === 'WxLogin')).toHaveLength(2)

    await vi.advanceTimersByTimeAsync(60_000)
    delete server.answers['PaymentStatus']
    expect(await ask()).toMatchObject({ ok: true })
  })

  test('is replaced at any time by login()', async () => {
    const { server, phone } = await givenSignedIn()
    server.answers['PaymentStatus'] = () => problem('UNAUTHENTICATED')
    await phone.client.paymentStatus('P1')
    await phone.client.paymentStatus('P1')
    delete server.answers['PaymentStatus']

    expect(await phone.client.login()).toEqual({ ok: true, data: user })
    expect(await phone.client.paymentStatus('P1')).toMatchObject({ ok: true })
  })

  test('of the app’s own session is for the app to replace', async () => {
    const { client, sent } = openServer().openPhone({ token: () => 'ended' })

    expect(await client.paymentStatus('P1')).toMatchObject(unauthenticated)
    expect(sent()).toEqual(['PaymentStatus ended'])
    await expect(client.login()).rejects.toThrow('with `token` the app signs in itself')
    await expect(client.logout()).rejects.toThrow('with `token` the app signs in itself')
  })
})

describe('a sign-in', () => {
  test('that WeChat gives no code for is a NETWORK problem which says why, and the next request tries again', async () => {
    const codes = [Promise.reject(new Error('timeout')), Promise.resolve('code')]
    const { client } = openServer().openPhone({ login: () => codes.shift() ?? Promise.resolve('code') })
    const answer = await client.paymentStatus('P1')

    expect(answer).toMatchObject({ ok: false, problem: { code: 'NETWORK' } })
    expect(!answer.ok && answer.problem.message).toContain('login:fail Error: timeout')
    expect(await client.paymentStatus('P1')).toMatchObject({ ok: true })
  })

  test.for([
    { code: 'LOGIN_CODE_INVALID' },
    { code: 'WECHAT_UNAVAILABLE', retryable: false },
    { code: 'RATE_LIMITED', retryAfterSeconds: 9 },
  ])('that the server refuses is the answer to what needed it ($code)', async (fields) => {
    const server = openServer()
    server.answers['WxLogin'] = () => refusal(fields)
    const { client } = server.openPhone()
    const answer = { ok: false, problem: { message: 'Try again.', ...fields } }

    expect(await client.paymentStatus('P1')).toEqual(answer)
    expect(await client.login()).toEqual(answer)
    expect(await client.pay('O1')).toEqual({ outcome: 'REFUSED', message: 'Try again.', ...fields })
  })

  test('is not possible where nobody gives a code, and what needs it is refused', async () => {
    const { wx } = createScriptedWx({ answer: () => problem('UNAUTHENTICATED') })
    const client = createPayClient({ url: 'https://pay.example.com/graphql', wx })

    expect(await client.paymentStatus('P1')).toMatchObject(unauthenticated)
    await expect(client.login()).rejects.toThrow('pass `wx`, or `getLoginCode`, to createPayClient')
  })

  test('that keeps failing while a payment is watched is tried again less and less often', async () => {
    const server = openServer()
    server.answers['WxLogin'] = () => refusal({ code: 'LOGIN_CODE_INVALID' })
    const { client, requests } = server.openPhone()
    const ends: unknown[] = []
    client.watchPayment('P1', { onPayment: () => {}, onEnd: (end) => ends.push(end) })
    await vi.advanceTimersByTimeAsync(600_000)
    const times = requests.filter(({ operation }) => operation === 'WxLogin').map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))

    expect(gaps.slice(0, 5)).toEqual(gaps.slice(0, 5).toSorted((one, other) => one - other))
    expect(times.length).toBeLessThan(30)
    expect(times.length).toBeGreaterThan(5)
    delete server.answers['WxLogin']
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ends).toEqual([])
    expect(server.live.size).toBe(1)
    client.close()
  })

  test('ends as soon as the client is closed, and stores nothing that comes later', async () => {
    const code = Promise.withResolvers<string>()
    const { client, storage, sent } = openServer().openPhone({ login: () => code.promise })
    const answers = [client.login(), client.paymentStatus('P1')]
    await vi.advanceTimersByTimeAsync(1)
    client.close()
    expect(await Promise.all(answers)).toEqual([closed, closed])

    code.resolve('code')
    await vi.advanceTimersByTimeAsync(1)
    expect(sent()).toEqual(['PaymentStatus'])
    expect(storage.size).toBe(0)
  })
})

describe('logout()', () => {
  test('ends the session, and stays signed out when the app is started again, until login()', async () => {
    const { server, phone } = await givenSignedIn()
    expect(await phone.client.logout()).toEqual({ ok: true, data: null })
    expect(server.live.size).toBe(0)
    expect(await phone.client.paymentStatus('P1')).toMatchObject(unauthenticated)

    const next = server.openPhone({ storage: phone.storage })
    expect(await next.client.paymentStatus('P1')).toMatchObject(unauthenticated)
    expect(await next.client.login()).toEqual({ ok: true, data: user })
    expect(await next.client.paymentStatus('P1')).toMatchObject({ ok: true })
    expect(next.sent()).toEqual(['PaymentStatus', 'WxLogin', 'PaymentStatus token-2'])
  })

  test('is heard by another page, which doesn’t sign in again by itself', async () => {
    const { server, phone } = await givenSignedIn()
    const other = server.openPhone({ storage: phone.storage })
    await other.client.request(MeDocument, {})
    await phone.client.logout()

    expect(await other.client.paymentStatus('P1')).toMatchObject(unauthenticated)
    expect(other.sent()).toEqual(['Me token-1', 'PaymentStatus token-1'])
  })

  test('changes nothing where the server can’t be reached', async () => {
    const { server, phone } = await givenSignedIn()
    server.answers['Logout'] = () => {
      throw new Error('offline')
    }

    expect(await phone.client.logout()).toMatchObject({ ok: false, problem: { code: 'NETWORK' } })
    expect(await phone.client.paymentStatus('P1')).toMatchObject({ ok: true })
  })

  test('is done where the session had ended already', async () => {
    const { server, phone } = await givenSignedIn()
    server.live.clear()

    expect(await phone.client.logout()).toEqual({ ok: true, data: null })
    expect(phone.sent()).toEqual(['WxLogin', 'Logout token-1'])
  })

  test('also ends a session that is just being made', async () => {
    const server = openServer()
    const { client, storage, sent } = server.openPhone()
    const [, loggedOut] = await Promise.all([client.login(), client.logout()])

    expect(loggedOut).toEqual({ ok: true, data: null })
    expect(sent()).toEqual(['WxLogin', 'Logout token-1'])
    expect([server.live.size, ...storage.values()]).toEqual([0, '{"signedOut":true}'])
  })

  test('everywhere says so to the server', async () => {
    const { phone } = await givenSignedIn()
    await phone.client.logout({ everywhere: true })

    expect(phone.requests.at(-1)).toMatchObject({ operation: 'Logout', variables: { everywhere: true } })
  })
})
