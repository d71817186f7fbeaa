import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCloseLoop } from '../../../client/src/closing.ts'
import { watchForeground } from '../../../client/src/foreground.ts'
import { payOrder } from '../../../client/src/pay.ts'
import { createPayClient, type PayResult, type ServiceType } from '../../../client/src/pay-client.ts'
import { createWxPlatform } from '../../../client/src/wx-platform.ts'
import { createScriptedWx, payable, payment, problem } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

interface Scene {
  /** What the server says each time that it is asked about the payment; the last one again and again. */
  states: (object | Error)[]
  tokens?: (string | Error)[]
  word?: string
  confirmMs?: number
}

/** Each time the next one; the last one stays. */
function inTurn<Value>(values: (Value | Error)[]): () => Value {
  let turn = 0
  return () => {
    const value = values[Math.min(turn++, values.length - 1)]
    if (value instanceof Error) throw value
    return value as Value
  }
}

/** A guest's tap, where no stream says anything: the server must be asked. */
function tapPay({ states, tokens = ['token'], word = 'ok', confirmMs = 30_000 }: Scene) {
  const nextState = inTurn(states)
  const scripted = createScriptedWx({
    answer: (operation) => (operation === 'WxPay' ? payable : nextState()),
    sheet: async () => word,
  })
  const platform = createWxPlatform(scripted.wx)
  const endpoint = { url: 'https://pay.example.com/graphql', token: inTurn(tokens), platform }
  const foreground = watchForeground(platform)
  const deps = { endpoint, foreground, closing: createCloseLoop(), watchPayment: () => () => {}, confirmMs }
  const startedAt = Date.now()
  const statesAsked = () =>
    scripted.asked.filter(({ operation }) => operation === 'PaymentStatus').map(({ at }) => at - startedAt)
  return { result: payOrder(deps, { orderSn: 'O1' }), statesAsked }
}

async function outcome(result: Promise<PayResult>, withinMs = 60_000): Promise<PayResult> {
  await vi.advanceTimersByTimeAsync(withinMs)
  return result
}

describe('pay() once the pay sheet said "paid"', () => {
  test.for([
    ['the server stumbles', problem('INTERNAL_SERVER_ERROR')],
    ['the server is asked too often', problem('RATE_LIMITED', { retryAfterSeconds: 1 })],
    ['the session is being refreshed', problem('UNAUTHENTICATED')],
    ['nobody answers', new Error('timeout')],
  ] as const)('asks again when %s', async ([, trouble]) => {
    const { result } = tapPay({ states: [trouble, payment('SUCCESS')], tokens: ['old', 'old', 'new'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })

  test('believes that a session is over when the same token is refused twice', async () => {
    const { result, statesAsked } = tapPay({ states: [problem('UNAUTHENTICATED')] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'UNAUTHENTICATED', paymentSn: 'P1' })
    expect(statesAsked()).toHaveLength(2)
  })

  test('gives each new token a chance of its own', async () => {
    const states = [problem('UNAUTHENTICATED'), problem('UNAUTHENTICATED'), payment('SUCCESS')]
    const { result } = tapPay({ states, tokens: ['one', 'one', 'two', 'three'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })

  test('takes it from the server that there is no such payment', async () => {
    const { result } = tapPay({ states: [{ data: { paymentStatus: null } }] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'NOT_FOUND', paymentSn: 'P1' })
  })

  test.for([
    ['stumbles', problem('INTERNAL_SERVER_ERROR')],
    ['is silent', new Error('timeout')],
  ] as const)('leaves it unconfirmed when the server %s to the end', async ([, trouble]) => {
    const { result } = tapPay({ states: [trouble] })

    const unconfirmed = { outcome: 'NOT_PAID', reason: 'UNCONFIRMED', paymentSn: 'P1', payment: null }
    expect(await outcome(result)).toEqual(unconfirmed)
  })

  test('asks no sooner than the server allows', async () => {
    const states = [problem('RATE_LIMITED', { retryAfterSeconds: 10 }), payment('SUCCESS')]
    const { result, statesAsked } = tapPay({ states })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
    expect(statesAsked()).toEqual([0, 10_000])
  })

  test('ends in time when the server allows no question before', async () => {
    const { result, statesAsked } = tapPay({ states: [problem('RATE_LIMITED', { retryAfterSeconds: 600 })] })

    expect(await outcome(result, 30_000)).toMatchObject({ reason: 'UNCONFIRMED', paymentSn: 'P1' })
    expect(statesAsked()).toEqual([0])
  })

  test('asks again when the token can’t be read', async () => {
    const { result } = tapPay({ states: [payment('SUCCESS')], tokens: ['token', new Error('refresh failed'), 'token'] })

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
  })
})

/** A client whose pay sheet stays open for ever. */
function openSheet(nextState: () => object) {
  const scripted = createScriptedWx({ answer: (operation) => (operation === 'WxPay' ? payable : nextState()) })
  const client = createPayClient({
    url: 'https://pay.example.com/graphql',
    token: () => 'token',
    wx: scripted.wx,
  })
  return { client, sheetsAsked: () => scripted.asked.filter(({ operation }) => operation === 'WxPay').length }
}

describe('pay() while the pay sheet never calls back', () => {
  test('ends when the session is over, and the next tap is a new one', async () => {
    const { client, sheetsAsked } = openSheet(() => problem('UNAUTHENTICATED'))
    const refusal = { outcome: 'REFUSED', code: 'UNAUTHENTICATED', paymentSn: 'P1' }

    expect(await outcome(client.pay('O1'))).toMatchObject(refusal)
    expect(await outcome(client.pay('O1'))).toMatchObject(refusal)
    expect(sheetsAsked()).toBe(2)
    client.close()
  })

  test('goes on watching when the server answers after all', async () => {
    const session = { isOver: true, isPaid: false }
    const { client } = openSheet(() => {
      if (session.isOver) return problem('UNAUTHENTICATED')
      return session.isPaid ? payment('SUCCESS', 2) : payment('PENDING')
    })
    const result = client.pay('O1')
    // The watch has ended by now, and the first question after it was refused.
    await vi.advanceTimersByTimeAsync(3_000)
    session.isOver = false
    await vi.advanceTimersByTimeAsync(120_000)
    session.isPaid = true

    expect(await outcome(result)).toMatchObject({ outcome: 'PAID' })
    client.close()
  })
})

/** A client whose every order is paid, and what it asked to pay for. */
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

describe('pay() for orders of several kinds', () => {
  // As in the API of a server that sells courses as well.
  const course = { serviceType: 'COURSE_ORDER' as ServiceType }

  test('pays for a homestay unless told otherwise', async () => {
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

  test('joins only taps on the same kind of order', async () => {
    const { client, inputs } = openClient()
    const taps = [client.pay('O1'), client.pay('O1', { serviceType: 'HOMESTAY_ORDER' }), client.pay('O1', course)]
    await outcome(Promise.race(taps))

    expect(taps[1]).toBe(taps[0])
    expect(inputs).toHaveLength(2)
    client.close()
  })
})

describe('pay() before the pay sheet', () => {
  test('hands over that the token can’t be read', async () => {
    const { result } = tapPay({ states: [payment('PENDING')], tokens: [new Error('refresh failed')] })

    expect(await outcome(result)).toMatchObject({ outcome: 'REFUSED', code: 'NETWORK' })
  })
})
