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

/** A server that opens payments with `opened`, and knows the payment in this state. */
function answering(opened: object, status: 'PENDING' | 'SUCCESS'): Script['answer'] {
  return (operation) => (operation === 'WxPay' ? opened : payment(status))
}

/** A phone and its client; what is used of the network and the pay sheet is counted. */
function openClient(script: Partial<Script> = {}) {
  const { wx, asked, socketsAskedAt } = createScriptedWx({ answer: answering(payable, 'PENDING'), ...script })
  const showSheet = vi.spyOn(wx, 'requestPayment')
  const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx })
  const used = () => ({ questions: asked.length, sockets: socketsAskedAt.length, sheets: showSheet.mock.calls.length })
  return { wx, client, used }
}

/** Everything that is asked from now on waits until the function returned is called. */
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
  test('refuses a pay() whose payment isn’t opened yet, and its answer opens nothing', async () => {
    const phone = openClient()
    const release = holdRequests(phone)
    const result = phone.client.pay('O1')
    await vi.advanceTimersByTimeAsync(100)
    phone.client.close()
    expect(await result).toEqual(refused)

    release()
    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(phone.used()).toEqual({ questions: 1, sockets: 0, sheets: 0 })
  })

  test('leaves a payment unconfirmed whose pay sheet never calls back, and asks no more', async () => {
    const { client, used } = openClient()
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(5_000)
    const before = used()
    client.close()
    expect(await result).toEqual({ ...unconfirmed, payment: known })

    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(used()).toEqual(before)
  })

  test('leaves a payment unconfirmed of which nothing was heard yet', async () => {
    const { client } = openClient()
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(1)
    client.close()

    expect(await result).toEqual({ ...unconfirmed, payment: null })
  })

  test('asks nothing of a pay sheet that calls back after it', async () => {
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
    ['the phone calls paid', payable],
    ['is paid already', { data: { wxPay: { __typename: 'OrderAlreadyPaidError', paymentSn: 'P1' } } }],
  ] as const)('ends the questions about an order that %s', async ([, opened]) => {
    const { client, used } = openClient({ answer: answering(opened, 'PENDING'), sheet: async () => 'ok' })
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(3_000)
    const before = used()
    client.close()
    expect(await result).toEqual({ ...unconfirmed, payment: known })

    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    expect(used()).toEqual(before)
  })

  test('leaves what was settled before it as it is, and may be called twice', async () => {
    const { client } = openClient({ answer: answering(payable, 'SUCCESS'), sheet: async () => 'ok' })
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(1)
    client.close()
    client.close()

    expect(await result).toMatchObject({ outcome: 'PAID' })
  })
})

describe('a client that is closed', () => {
  test('refuses to pay, and asks nothing', async () => {
    const { client, used } = openClient()
    client.close()

    expect(await client.pay('O1')).toEqual(refused)
    expect(used()).toEqual({ questions: 0, sockets: 0, sheets: 0 })
  })

  test('watches nothing', async () => {
    const { client, used } = openClient()
    client.close()
    const heard: unknown[] = []
    const hear = (what: unknown) => heard.push(what)
    const stop = client.watchPayment('P1', { onPayment: hear, onEnd: hear })
    await vi.advanceTimersByTimeAsync(ANY_TIME_MS)
    stop()

    expect(heard).toEqual([])
    expect(used()).toEqual({ questions: 0, sockets: 0, sheets: 0 })
  })
})
