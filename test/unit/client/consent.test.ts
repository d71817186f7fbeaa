import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayClient, type PayClientOptions, type ServiceType } from '../../../client/src/pay-client.ts'
import { createScriptedWx, payable, payment, problem, type Script } from './scripted-wx.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const LONG_MS = 60_000

const templates = (...ids: string[]) => ({
  data: { messageTemplates: ids.map((templateId) => ({ kind: 'ORDER_PAID', templateId })) },
})

const messages = [{ kind: 'ORDER_PAID', status: 'WAITING', sentAt: null }]
const recorded = { data: { recordMessageConsent: { __typename: 'HomestayOrder', messages } } }

interface Phone {
  /** The answer to each operation; the defaults are those of an honest server, where every payment succeeds. */
  answers?: Record<string, () => object>
  consent?: Script['consent']
  options?: Partial<PayClientOptions>
  token?: string
}

/** A phone that can ask, its client, and what was asked and reported. */
function openPhone({ answers = {}, consent, options, token = 'token' }: Phone = {}) {
  const asked: string[][] = []
  const server: Record<string, () => object> = {
    MessageTemplates: () => templates('T1', 'T2', 'T3'),
    RecordMessageConsent: () => recorded,
    WxPay: () => payable,
    PaymentStatus: () => payment('SUCCESS'),
    ...answers,
  }
  const scripted = createScriptedWx({
    answer: (operation) => server[operation]?.() ?? {},
    sheet: async () => 'ok',
    consent: (ids) => {
      asked.push(ids)
      return consent ? consent(ids) : Promise.resolve(Object.fromEntries(ids.map((id) => [id, 'accept'])))
    },
  })
  const url = 'https://pay.example.com/graphql'
  const client = createPayClient({ url, token: () => token, wx: scripted.wx, ...options })
  const sent = (operation: string) => scripted.requests.filter((request) => request.operation === operation)
  const reports = () => sent('RecordMessageConsent').map(({ variables }) => variables['input'])
  return { client, asked, sent, reports, wx: scripted.wx }
}

/** Lets the ids arrive that are fetched when the client is made. */
const settled = () => vi.advanceTimersByTimeAsync(1)

async function after<Result>(result: Promise<Result>): Promise<Result> {
  await vi.advanceTimersByTimeAsync(LONG_MS)
  return result
}

const never = () => new Promise<never>(() => {})

describe('pay()', () => {
  test('pay() asks in the tap, with the ids that were fetched before, and reports the answer', async () => {
    const { client, asked, reports } = openPhone({
      consent: async () => ({ T1: 'accept', T2: 'reject', T3: 'acceptWithAudio' }),
    })
    await settled()
    const result = client.pay('O1')
    // Nothing has been awaited.
    expect(asked).toEqual([['T1', 'T2', 'T3']])

    expect(await after(result)).toMatchObject({ outcome: 'PAID' })
    expect(reports()).toEqual([{ orderSn: 'O1', accepted: ['T1', 'T3'], rejected: ['T2'] }])
    client.close()
  })

  test('pay() reports `ban` and `filter` as rejections, and nothing about what wasn’t answered', async () => {
    const { client, reports } = openPhone({ consent: async () => ({ T1: 'ban', T2: 'filter' }) })
    await settled()
    await after(client.pay('O1'))

    expect(reports()).toEqual([{ orderSn: 'O1', accepted: [], rejected: ['T1', 'T2'] }])
    client.close()
  })

  test('pay() asks once when it is tapped twice', async () => {
    const { client, asked } = openPhone()
    await settled()
    await after(Promise.all([client.pay('O1'), client.pay('O1')]))

    expect(asked).toHaveLength(1)
    client.close()
  })

  test('pay() asks nobody when the option is off, and askForMessages() still does', async () => {
    const { client, asked, sent } = openPhone({ options: { askForMessages: false } })
    await settled()
    expect(await after(client.pay('O1'))).toMatchObject({ outcome: 'PAID' })
    expect(asked).toEqual([])
    expect(sent('RecordMessageConsent')).toEqual([])

    expect(await after(client.askForMessages('O1'))).toEqual({ ok: true, data: messages })
    client.close()
  })

  test('pay() asks for another kind of order too, and reports nothing: the server has no such order', async () => {
    const { client, asked, reports } = openPhone()
    await settled()
    await after(client.pay('O1', { serviceType: 'COURSE_ORDER' as ServiceType }))

    expect(asked).toHaveLength(1)
    expect(reports()).toEqual([])
    client.close()
  })

  test('pay() never waits for the answer', async () => {
    const { client, reports } = openPhone({ consent: never })
    await settled()
    const result = client.pay('O1')
    await vi.advanceTimersByTimeAsync(10)

    expect(await result).toMatchObject({ outcome: 'PAID' })
    expect(reports()).toEqual([])
    client.close()
  })

  test.for<[string, Phone]>([
    ['WeChat refuses to ask', { consent: () => Promise.reject(new Error('can not request in background')) }],
    ['the report is refused', { answers: { RecordMessageConsent: () => problem('RATE_LIMITED') } }],
    ['the order is somebody else’s', { answers: { RecordMessageConsent: notFound } }],
    ['the network fails', { answers: { RecordMessageConsent: noNetwork } }],
    ['the server has no templates', { answers: { MessageTemplates: () => templates() } }],
    ['the server is older', { answers: { MessageTemplates: () => problem('GRAPHQL_VALIDATION_FAILED') } }],
  ])('pay() pays although %s', async ([, phone]) => {
    const { client } = openPhone(phone)
    await settled()

    expect(await after(client.pay('O1'))).toMatchObject({ outcome: 'PAID' })
    client.close()
  })

  test('pay() pays although `wx.requestSubscribeMessage` throws', async () => {
    const phone = openPhone()
    await settled()
    phone.wx.requestSubscribeMessage = () => {
      throw new Error('not in a tap')
    }

    expect(await after(phone.client.pay('O1'))).toMatchObject({ outcome: 'PAID' })
    phone.client.close()
  })

  test('pay() asks in a later tap when the ids couldn’t be fetched before', async () => {
    let isUp = false
    const { client, asked, sent } = openPhone({
      answers: { MessageTemplates: () => (isUp ? templates('T1') : noNetwork()) },
    })
    await settled()
    await after(client.pay('O1'))
    expect(asked).toEqual([])

    isUp = true
    await after(client.pay('O2'))
    expect(asked).toEqual([])
    await after(client.pay('O3'))
    expect(asked).toEqual([['T1']])
    expect(sent('MessageTemplates')).toHaveLength(3)
    client.close()
  })
})

describe('the ids of the templates', () => {
  test('are fetched once, when the client is made, and without a token', async () => {
    const { client, sent } = openPhone({ token: 'ended' })
    await settled()
    for (const sn of ['O1', 'O2']) await after(client.pay(sn))

    expect(sent('MessageTemplates')).toMatchObject([{ authorization: undefined }])
    client.close()
  })

  test('are not fetched where nobody can be asked', async () => {
    const { wx, requests } = createScriptedWx({ answer: () => ({}) })
    const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx })
    await settled()

    expect(requests).toEqual([])
    expect(await client.askForMessages('O1')).toMatchObject({ ok: false, problem: { code: 'NOT_ASKED' } })
    client.close()
  })
})

describe('askForMessages()', () => {
  test('askForMessages() asks in the tap, and resolves with the messages once the answer is recorded', async () => {
    const { client, asked, reports } = openPhone()
    await settled()
    const result = client.askForMessages('O1')
    expect(asked).toHaveLength(1)

    expect(await after(result)).toEqual({ ok: true, data: messages })
    expect(reports()).toEqual([{ orderSn: 'O1', accepted: ['T1', 'T2', 'T3'], rejected: [] }])
    client.close()
  })

  test.for<[string, Phone, string]>([
    ['WeChat does not ask', { consent: () => Promise.reject(new Error('20004')) }, 'NOT_ASKED'],
    ['the order isn’t the guest’s', { answers: { RecordMessageConsent: notFound } }, 'NOT_FOUND'],
    ['the rate is limited', { answers: { RecordMessageConsent: () => problem('RATE_LIMITED') } }, 'RATE_LIMITED'],
    ['the network stays away', { answers: { RecordMessageConsent: noNetwork } }, 'NETWORK'],
  ])('askForMessages() resolves with the problem when %s', async ([, phone, code]) => {
    const { client } = openPhone(phone)
    await settled()

    expect(await after(client.askForMessages('O1'))).toMatchObject({ ok: false, problem: { code } })
    client.close()
  })

  test.for([
    ['the network fails', noNetwork],
    ['the session is being refreshed', () => problem('UNAUTHENTICATED')],
  ] as const)('askForMessages() reports three times at most when %s', async ([, trouble]) => {
    const failing = openPhone({ answers: { RecordMessageConsent: trouble } })
    let failures = 0
    const passing = openPhone({ answers: { RecordMessageConsent: () => (++failures < 3 ? trouble() : recorded) } })
    await settled()
    await after(failing.client.askForMessages('O1'))
    expect(await after(passing.client.askForMessages('O1'))).toMatchObject({ ok: true })

    for (const { client, reports } of [failing, passing]) {
      expect(reports()).toHaveLength(3)
      client.close()
    }
  })

  test('askForMessages() has the guest’s last answer count: a report of an earlier one isn’t repeated after it', async () => {
    const choices = ['reject', 'accept']
    let failures = 0
    const { client, reports } = openPhone({
      consent: async () => ({ T1: choices.shift() ?? 'accept' }),
      answers: { RecordMessageConsent: () => (++failures === 1 ? noNetwork() : recorded) },
    })
    await settled()
    const first = client.askForMessages('O1')
    await settled()
    const second = client.askForMessages('O1')

    expect(await after(second)).toEqual({ ok: true, data: messages })
    expect(await first).toMatchObject({ ok: false, problem: { code: 'NETWORK' } })
    expect(reports()).toEqual([
      { orderSn: 'O1', accepted: [], rejected: ['T1'] },
      { orderSn: 'O1', accepted: ['T1'], rejected: [] },
    ])
    client.close()
  })

  test('askForMessages() reports an answer once the one before has arrived, or failed', async () => {
    const choices = ['reject', 'accept']
    const arrived: (() => void)[] = []
    const { client, reports, wx } = openPhone({ consent: async () => ({ T1: choices.shift() ?? 'accept' }) })
    await settled()
    const send = wx.request
    // A network that is slow with reports.
    wx.request = (request) => {
      if (!request.data.includes('RecordMessageConsent')) return send(request)
      arrived.push(() => void send(request))
      return { abort: () => {} }
    }
    const answers = [client.askForMessages('O1'), client.askForMessages('O1'), client.askForMessages('O2')]
    await settled()
    expect(arrived).toHaveLength(2)

    for (let nth = 0; nth < 3; nth++) {
      arrived[nth]?.()
      await settled()
    }
    expect(await after(Promise.all(answers))).toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
    expect(reports()).toMatchObject([
      { orderSn: 'O1', rejected: ['T1'] },
      { orderSn: 'O2', accepted: ['T1'] },
      { orderSn: 'O1', accepted: ['T1'] },
    ])
    client.close()
  })

  test('askForMessages() resolves when the client is closed, and reports nothing any more', async () => {
    const answer = Promise.withResolvers<Record<string, string>>()
    const { client, reports, asked } = openPhone({ consent: () => answer.promise })
    await settled()
    const result = client.askForMessages('O1')
    client.close()
    answer.resolve({ T1: 'accept' })

    expect(await after(result)).toMatchObject({ ok: false, problem: { code: 'NOT_ASKED' } })
    expect(await after(client.askForMessages('O1'))).toMatchObject({ ok: false, problem: { code: 'NOT_ASKED' } })
    await after(client.pay('O1'))
    expect(asked).toHaveLength(1)
    expect(reports()).toEqual([])
  })
})

function notFound() {
  return { data: { recordMessageConsent: { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'none' } } }
}

function noNetwork(): never {
  throw new Error('timeout')
}
