import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCloseSignal } from '../../../client/src/close-signal.ts'
import { watchForeground } from '../../../client/src/foreground.ts'
import { payOrder } from '../../../client/src/pay.ts'
import { createPayClient, type PayResult, type ServiceType } from '../../../client/src/pay-client.ts'
import { givenSession } from '../../../client/src/session.ts'
import { createWxPlatform } from '../../../client/src/wx-platform.ts'
import { createScriptedWx, payable, payment, problem } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

interface TapOptions {
  /** The server's successive answers to `paymentStatus`; the last one is repeated. */
  states: (object | Error)[]
  tokens?: (string | Error)[]
  sheetResult?: string
  confirmMs?: number
}

/** Returns or throws the next value at each call; the last one is repeated. */
function oneByOne<Value>(values: (Value | Error)[]): () => Value {
  let index = 0
  return () => {
    const value = values[Math.min(index++, values.length - 1)]
    if (value instanceof Error) throw value
    return value as Value
  }
}

/** A guest's tap on "pay" where no stream delivers anything, so that the client has to query the server. */
function tapPay({ states, tokens = ['token'], sheetResult = 'ok', confirmMs = 30_000 }: TapOptions) {
  const nextState = oneByOne(states)
  const scripted = createScriptedWx({
    answer: (operation) => (operation === 'WxPay' ? payable : nextState()),
    sheet: async () => sheetResult,
  })
  const platform = createWxPlatform(scripted.wx)
  const session = givenSession(oneByOne(tokens))
  const closeSignal = createCloseSignal()
  const endpoint = { url: 'https://pay.example.com/graphql', session, platform, closeSignal }
  const foreground = watchForeground(platform)
  const deps = { endpoint, foreground, watchPayment: () => () => {}, confirmMs }
  const startedAt = Date.now()
  const queriedAtMs = () =>
    scripted.requests.filter(({ operation }) => operation === 'PaymentStatus').map(({ at }) => at - startedAt)
  return { result: payOrder(deps, { orderSn: 'O1' }), queriedAtMs }
}

async function outcome(result: Promise<PayResult>, withinMs = 60_000): Promise<PayResult> {
  await vi.advanceTimersByTimeAsync(withinMs)
  return result
}

describe('pay() after the pay sheet reported "paid"', () => {
  test.for(['PENDING', 'CLOSED'] as const)(
    'ends as UNDER_REVIEW when an operator looks at the money (%s)',
    async (status) => {
      const { result } = tapPay({ states: [payment('PENDING'), payment(status, 2, { underReview: true })] })
      expect(await outcome(result)).toMatchObject({ outcome: 'NOT_PAID', reason: 'UNDER_REVIEW', paymentSn: 'P1' })
    },
  )

  test('ends as PAID when a second transaction of a paid payment is under review', async () => {
    const { result } = tapPay({ states: [payment('SUCCESS', 3, { underReview: true })] })
    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })

  test.for([
    ['the server has an internal error', problem('INTERNAL_SERVER_ERROR')],
    ['the server limits the rate', problem('RATE_LIMITED', { retryAfterSeconds: 1 })],
    ['the session is being refreshed', problem('UNAUTHENTICATED')],
    ['no response comes', new Error('timeout')],
  ] as const)('pay() queries the payment again when %s', async ([, trouble]) => {
    const { result } = tapPay({ states: [trouble, payment('SUCCESS')], tokens: ['old', 'old', 'new'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })

  test('pay() takes the session for ended only when the same token is refused twice', async () => {
    const { result, queriedAtMs } = tapPay({ states: [problem('UNAUTHENTICATED')] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'UNAUTHENTICATED', paymentSn: 'P1' })
    expect(queriedAtMs()).toHaveLength(2)
  })

  test('pay() tries each new token before it takes the session for ended', async () => {
    const states = [problem('UNAUTHENTICATED'), problem('UNAUTHENTICATED'), payment('SUCCESS')]
    const { result } = tapPay({ states, tokens: ['one', 'one', 'two', 'three'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })

  test('pay() is refused at once when the server has no such payment', async () => {
    const { result } = tapPay({ states: [{ data: { paymentStatus: null } }] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'NOT_FOUND', paymentSn: 'P1' })
  })

  test.for([
    ['has an internal error', problem('INTERNAL_SERVER_ERROR')],
    ['sends no response', new Error('timeout')],
  ] as const)('pay() leaves the payment unconfirmed when the server %s until the time is up', async ([, trouble]) => {
    const { result } = tapPay({ states: [trouble] })

    const unconfirmed = { outcome: 'NOT_PAID', reason: 'UNCONFIRMED', paymentSn: 'P1', payment: null }
    expect(await outcome(result)).toEqual(unconfirmed)
  })

  test('pay() queries again no sooner than the server’s retryAfterSeconds', async () => {
    const states = [problem('RATE_LIMITED', { retryAfterSeconds: 10 }), payment('SUCCESS')]
    const { result, queriedAtMs } = tapPay({ states })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
    expect(queriedAtMs()).toEqual([0, 10_000])
  })

  test('pay() ends in time when retryAfterSeconds is longer than the time left', async () => {
    const { result, queriedAtMs } = tapPay({ states: [problem('RATE_LIMITED', { retryAfterSeconds: 600 })] })

    expect(await outcome(result, 30_000)).toMatchObject({ reason: 'UNCONFIRMED', paymentSn: 'P1' })
    expect(queriedAtMs()).toEqual([0])
  })

  test('pay() queries the payment again when the token can’t be read', async () => {
    const { result } = tapPay({ states: [payment('SUCCESS')], tokens: ['token', new Error('refresh failed'), 'token'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })
})

/** A client whose pay sheet stays open for ever; `nextState` answers each `paymentStatus`. */
function openSheet(nextState: () => object) {
  const scripted = createScriptedWx({ answer: (operation) => (operation === 'WxPay' ? payable : nextState()) })
  const client = createPayClient({
    url: 'https://pay.example.com/graphql',
    token: () => 'token',
    wx: scripted.wx,
  })
  return { client, paymentsOpened: () => scripted.requests.filter(({ operation }) => operation === 'WxPay').length }
}

describe('pay() while the pay sheet never calls back', () => {
  test('pay() ends with the session even if the pay sheet never calls back, and the next tap pays anew', async () => {
    const { client, paymentsOpened } = openSheet(() => problem('UNAUTHENTICATED'))
    const refusal = { outcome: 'REFUSED', code: 'UNAUTHENTICATED', paymentSn: 'P1' }

    expect(await outcome(client.pay('O1'))).toMatchObject(refusal)
    expect(await outcome(client.pay('O1'))).toMatchObject(refusal)
    expect(paymentsOpened()).toBe(2)
    client.close()
  })

  test('pay() goes on watching behind an open pay sheet when the session works again', async () => {
    const server = { refusesToken: true, isPaid: false }
    const { client } = openSheet(() => {
      if (server.refusesToken) return problem('UNAUTHENTICATED')
      return server.isPaid ? payment('SUCCESS', 2) : payment('PENDING')
    })
    const result = client.pay('O1')
    // Watching has ended by now, and the first query after it was refused.
    await vi.advanceTimersByTimeAsync(3_000)
    server.refusesToken = false
    await vi.advanceTimersByTimeAsync(120_000)
    server.isPaid = true

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
    client.close()
  })
})

/** A client whose payments all succeed, and the inputs of its `wxPay` calls. */
function openClient() {
  const inputs: unknown[] = []
  const { wx } = createScriptedWx({
    answer(operation, { input }) {
      if (operation === 'WxPay') inputs.push(input)
      return operation === 'WxPay' ? payable : payment('SUCCESS')
    },
    sheet: async () => 'ok',
  })
  return { inputs, client: createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx }) }
}

describe('pay() for several kinds of order', () => {
  // As in the API of a server that also sells courses.
  const course = { serviceType: 'COURSE_ORDER' as ServiceType }

  test('pay() pays a homestay order unless a serviceType is given', async () => {
    const { client, inputs } = openClient()
    await outcome(client.pay('O1'))
    await outcome(client.pay('O2', {}))
    await outcome(client.pay('O1', course))

    expect(inputs).toEqual([
      { orderSn: 'O1', serviceType: 'HOMESTAY_ORDER' },
      { orderSn: 'O2', serviceType: 'HOMESTAY_ORDER' },
      { orderSn: 'O1', serviceType: 'COURSE_ORDER' },
    ])
    client.close()
  })

  test('pay() joins a second tap only for the same kind of order', async () => {
    const { client, inputs } = openClient()
    const taps = [client.pay('O1'), client.pay('O1', { serviceType: 'HOMESTAY_ORDER' }), client.pay('O1', course)]
    await outcome(Promise.race(taps))

    expect(taps[1]).toBe(taps[0])
    expect(inputs).toHaveLength(2)
    client.close()
  })
})

describe('pay() before the pay sheet', () => {
  test('pay() is refused with NETWORK when the token can’t be read', async () => {
    const { result } = tapPay({ states: [payment('PENDING')], tokens: [new Error('refresh failed')] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'NETWORK' })
  })
})
