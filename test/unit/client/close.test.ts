import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayClient } from '../../../client/src/pay-client.ts'
import { createScriptedWx, payable, payment, type Script } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const ANY_TIME_MS = 3_600_000

/** A server that answers `wxPay` with `opened`, and has the payment in this state. */
function serverWith(opened: object, status: 'PENDING' | 'SUCCESS'): Script['answer'] {
  return (operation) => (operation === 'WxPay' ? opened : payment(status))
}

/** A phone and its client; `used` counts requests, socket attempts and pay sheets. */
function openClient(script: Partial<Script> = {}) {
  const { wx, requests, socketAttemptsAt } = createScriptedWx({ answer: serverWith(payable, 'PENDING'), ...script })
  const showSheet = vi.spyOn(wx, 'requestPayment')
  const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx })
  const used = () => ({
    requests: requests.length,
    sockets: socketAttemptsAt.length,
    sheets: showSheet.mock.calls.length,
  })
  return { wx, client, used }
}

/** Holds back every request from now on until the returned function is called. */
function holdRequests({ wx }: ReturnType<typeof openClient>): () => void {
  const { request } = wx
  const held: (() => void)[] = []
  wx.request = (option) => {
    held.push(() => void request(option))
    return { abort: () => {} }
  }
  return () => {
    wx.request = request
    for (const release of held) release()
  }
}

const refused = { outcome: 'REFUSED', code: 'NETWORK', message: 'The client is closed: no pay sheet was shown.' }
const unconfirmed = { outcome: 'NOT_PAID', reason: 'UNCONFIRMED', paymentSn: 'P1' }
const known = payment('PENDING').data.paymentStatus

describe('close()', () => {
  test('close() refuses a pay() whose payment isn’t opened yet, and shows no sheet for its late answer', async () => {
    const phone = openClient()
    const release = holdRequests(phone)
    const result = phone.client.pay('O1')
    await vi.advanceTimersByTimeAsync(100)
    phone.client.close()
    expect(await result).toEqual(refused)

    release()
    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(phone.used()).toEqual({ requests: 1, sockets: 0, sheets: 0 })
  })

  test('close() leaves a payment unconfirmed whose sheet never calls back, and sends no more requests', async () => {
    const { client, used } = openClient()
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(5_000)
    const before = used()
    client.close()
    expect(await result).toEqual({ ...unconfirmed, payment: known })

    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(used()).toEqual(before)
  })

  test('close() leaves a payment unconfirmed whose state was never received', async () => {
    const { client } = openClient()
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(1)
    client.close()

    expect(await result).toEqual({ ...unconfirmed, payment: null })
  })

  test('a pay sheet that calls back after close() causes no request', async () => {
    const sheet = Promise.withResolvers<string>()
    const { client, used } = openClient({ sheet: () => sheet.promise })
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(5_000)
    const before = used()
    client.close()
    sheet.resolve('ok')
    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)

    expect(await result).toMatchObject(unconfirmed)
    expect(used()).toEqual(before)
  })

  test.for([
    ['the phone reports as paid', payable],
    ['was paid before', { data: { wxPay: { __typename: 'OrderAlreadyPaidError', paymentSn: 'P1' } } }],
  ] as const)('close() stops querying a payment that %s', async ([, opened]) => {
    const { client, used } = openClient({ answer: serverWith(opened, 'PENDING'), sheet: async () => 'ok' })
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(3_000)
    const before = used()
    client.close()
    expect(await result).toEqual({ ...unconfirmed, payment: known })

    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(used()).toEqual(before)
  })

  test('close() keeps the result of a pay() that has already resolved, and may be called twice', async () => {
    const { client } = openClient({ answer: serverWith(payable, 'SUCCESS'), sheet: async () => 'ok' })
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(1)
    client.close()
    client.close()

    expect(await result).toMatchObject({ outcome: 'PAID' })
  })
})

describe('a closed client', () => {
  test('a closed client refuses to pay, without a request', async () => {
    const { client, used } = openClient()
    client.close()

    expect(await client.pay('O1')).toEqual(refused)
    expect(used()).toEqual({ requests: 0, sockets: 0, sheets: 0 })
  })

  test('a closed client watches nothing, and calls no listener', async () => {
    const { client, used } = openClient()
    client.close()
    const calls: unknown[] = []
    const listener = (argument: unknown) => calls.push(argument)
    const stop = client.watchPayment('P1', { onPayment: listener, onEnd: listener })
    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    stop()

    expect(calls).toEqual([])
    expect(used()).toEqual({ requests: 0, sockets: 0, sheets: 0 })
  })
})
