import { isEnumType } from 'graphql'
import type { Deps } from '../../../src/deps.ts'
import { schema } from '../../../src/http/graphql/schema.ts'
import { startSession } from '../../../src/user/session.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { bookingOf, bookNights } from '../../harness/booking.ts'
import { dayFromNow, freshOrder, givenGuest, givenHomestay, givenOrder, givenPaid } from '../../harness/fixtures.ts'
import { test as oneWay, WAYS } from '../../harness/graphql.ts'
import {
  connectGraphql,
  type GraphqlError,
  openEventStream,
  openSocket,
  subscribe,
  type Variables,
} from '../../harness/graphql-client.ts'
import { CANCEL, CREATE, REDEEM, REFUND } from './order-documents.ts'

const CHINESE = /\p{Script=Han}/u
const LOGIN = `mutation ($input: WxLoginInput!) {
  wxLogin(input: $input) {
    __typename ... on InvalidInputError { fields { path message } } ... on Error { code message }
  }
}`
const PAY = 'mutation ($sn: ID!) { wxPay(input: { orderSn: $sn }) { ... on Error { __typename code message } } }'
const HOMESTAY = '{ homestay(id: "x") { id } }'
const WATCH = 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }'

interface Refusal {
  code: string
  message: string
  fields?: { path: string; message: string }[]
}

/** Who sends what to be refused; nobody in particular for what anybody may send. */
type Refused = [query: string, variables: Variables, user?: { id: string }]

/** How an operation is brought to be refused with each code, as often as it is sent. */
const refused: Record<string, (app: TestApp) => Promise<Refused>> = {
  INVALID_INPUT: async (app) => {
    const input = { ...bookingOf({ id: 'x' }), remark: 'x'.repeat(201), livePeopleNum: 0, liveEndDate: dayFromNow(90) }
    return [CREATE, { input }, await givenGuest(app)]
  },
  NOT_FOUND: async (app) => [CANCEL, { sn: 'x' }, await givenGuest(app)],
  LOGIN_CODE_INVALID: async () => [LOGIN, { input: { code: 'nonsense' } }],
  HOMESTAY_UNAVAILABLE: async (app) => {
    const { order, guest } = await givenOrder(app)
    return [CREATE, { input: bookingOf({ id: order.homestayId }) }, guest]
  },
  TOO_MANY_UNPAID_ORDERS: async (app) => {
    const { guest } = await givenOrder(app)
    const orders = app.deps.config.order.unpaidLimit - 1
    for (let more = 0; more < orders; more++) await givenOrder(app, { guest })
    return [CREATE, { input: bookingOf(await givenHomestay(app)) }, guest]
  },
  IDEMPOTENCY_KEY_REUSED: async (app) => {
    const [guest, homestay] = [await givenGuest(app), await givenHomestay(app)]
    const change = { idempotencyKey: 'a tap' }
    await bookNights(app, { guest, homestay, change })
    return [CREATE, { input: bookingOf(homestay, { ...change, livePeopleNum: 1 }) }, guest]
  },
  ORDER_NOT_PAYABLE: async (app) => {
    const { order, guest } = await givenOrder(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    return [PAY, { sn: order.sn }, guest]
  },
  ORDER_ALREADY_PAID: async (app) => {
    const { order, guest } = await givenPaid(app)
    return [PAY, { sn: order.sn }, guest]
  },
  ORDER_NOT_CANCELLABLE: async (app) => {
    const { order, guest } = await givenPaid(app)
    return [CANCEL, { sn: order.sn }, guest]
  },
  ORDER_NOT_REFUNDABLE: async (app) => {
    const { order, guest } = await givenOrder(app)
    return [REFUND, { sn: order.sn }, guest]
  },
  TRADE_CODE_INVALID: async (app) => [REDEEM, { tradeCode: 'AAAAAAAA' }, await givenGuest(app)],
  RATE_LIMITED: async (app) => {
    const host = await givenGuest(app)
    const lockedUntil = new Date(Date.now() + 900_000)
    await app.deps.db.wrongCodes.create({ data: { hostUserId: host.id, triedAt: [], lockedUntil } })
    return [REDEEM, { tradeCode: 'AAAAAAAA' }, host]
  },
  WECHAT_UNAVAILABLE: async (app) => {
    const { order, guest } = await givenOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'service-unavailable', times: 100 })
    return [PAY, { sn: order.sn }, guest]
  },
}

function codesOf(name: string): string[] {
  const type = schema.getType(name)
  return isEnumType(type) ? type.getValues().map(({ value }) => String(value)) : expect.fail(`${name} is no enum`)
}

const textsOfRefusal = ({ message, fields = [] }: Refusal) => [message, ...fields.map((field) => field.message)]
const textsOf = ({ errors }: { errors: GraphqlError[] }) => messagesOf(errors)

interface Read {
  language?: string
  query: string
  variables?: Variables
  accessToken?: string
}

/** The errors of an operation. */
async function readErrors(url: string, { language, query, variables, accessToken }: Read) {
  const { status, errors = [] } = await connectGraphql(url, accessToken, language).send(query, variables)
  return { status, errors }
}

const messagesOf = (errors: GraphqlError[]) => errors.map(({ message }) => message)

/** What isn't text is the same in both languages; every text is there in its own. */
function expectSameInBoth<Said>(english: Said, chinese: Said, textsOf: (said: Said) => string[]): void {
  const [inEnglish, inChinese] = [textsOf(english), textsOf(chinese)]
  expect(inEnglish.length).toBeGreaterThan(0)
  for (const text of inEnglish) expect(text).not.toMatch(CHINESE)
  for (const text of inChinese) expect(text).toMatch(CHINESE)
  expect(withoutTexts(chinese)).toEqual(withoutTexts(english))
}

/** Without what differs by itself, too. */
const withoutTexts = (said: unknown) =>
  JSON.parse(
    JSON.stringify(said, (key, value: unknown) =>
      ['message', 'requestId', 'retryAfterSeconds'].includes(key) ? '' : value,
    ),
  )

for (const { way, test } of WAYS) {
  describe(`an expected failure, by ${way}`, () => {
    test('every code of the schema is tried', () => {
      expect(Object.keys(refused).toSorted()).toEqual(codesOf('ErrorCode').toSorted())
    })

    test.for(Object.entries(refused))(
      'says %s in the language that is asked for',
      async ([code, given], { app, graphql }) => {
        const [query, variables, user] = await given(app)
        const session = user && (await startSession(app.deps, { userId: user.id }))
        const sendIn = (language?: string) =>
          connectGraphql(graphql.url, session?.accessToken, language).mutate<Refusal>(query, variables)

        const english = await sendIn()
        expect(english.code).toBe(code)
        expectSameInBoth(english, await sendIn('zh-CN,zh;q=0.9,en;q=0.8'), textsOfRefusal)
        expect(await sendIn('en-US,en;q=0.9,zh;q=0.8')).toEqual(english)
      },
    )
  })

  describe(`a top-level error, by ${way}`, () => {
    test.for<[what: string, code: string, query: string, variables?: Variables, token?: string]>([
      ['without a session', 'UNAUTHENTICATED', '{ homestayOrder(sn: "x") { sn } }'],
      ['with a bad token', 'UNAUTHENTICATED', '{ me { id } }', {}, 'nonsense'],
      ['for too large a page', 'BAD_USER_INPUT', '{ homestays(first: 101) { edges { cursor } } }'],
      ['for two sizes', 'BAD_USER_INPUT', '{ homestays(first: 1, last: 1) { edges { cursor } } }'],
      ['for a cursor', 'BAD_USER_INPUT', '{ homestays(after: "x") { edges { cursor } } }'],
      [
        'for a range',
        'BAD_USER_INPUT',
        `{ homestayAvailability(id: "x", from: "2026-12-01", to: "2026-12-01") { free } }`,
      ],
      ['for a variable', 'BAD_USER_INPUT', 'query ($n: Int) { homestays(first: $n) { edges { cursor } } }', { n: 'x' }],
      ['for U+0000', 'BAD_USER_INPUT', 'query ($id: ID!) { homestay(id: $id) { id } }', { id: '\0' }],
      [
        'for many reads',
        'BAD_USER_INPUT',
        `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: homestay(id: "x") { id }`).join(' ')} }`,
      ],
      ['for a syntax error', 'GRAPHQL_PARSE_FAILED', '{ me { '],
      ['for an unknown field', 'GRAPHQL_VALIDATION_FAILED', '{ nothing }'],
    ])('is in the language that is asked for: %s', async ([, code, query, variables, token], { graphql }) => {
      const sent = { query, variables, accessToken: token }
      const english = await readErrors(graphql.url, sent)
      expect(english.errors).toMatchObject([{ extensions: { code } }])
      expectSameInBoth(english, await readErrors(graphql.url, { ...sent, language: 'zh' }), textsOf)
    })

    test('is in the language that is asked for: of a rate, of a crowded API, and unexpected', async ({ app }) => {
      const { openTestGraphql: open } = WAYS.find((each) => each.way === way) ?? expect.fail()
      const guest = await givenGuest(app)
      let reading = Promise.resolve()
      const fail = async () => {
        await reading
        throw new Error('the password is hunter2')
      }
      const db = app.deps.db.$extends({ query: { homestay: { findFirst: fail } } }) as unknown as Deps['db']
      const limits = { ...app.deps.config.limits, readsPerUserMinute: 1, operationsInHandPerClient: 1 }
      const graphql = await open({ ...app.deps, db, config: { ...app.deps.config, limits, rateLimitFactor: 1 } })
      const { accessToken } = await graphql.as(guest)
      const read = (language?: string) => readErrors(graphql.url, { query: HOMESTAY, accessToken, language })

      const unexpected = await read()
      expect(unexpected.errors).toMatchObject([{ message: 'Unexpected error.' }])
      const limited = await read()
      expect(limited.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
      expectSameInBoth(limited, await read('zh'), textsOf)
      const anonymous = await readErrors(graphql.url, { query: HOMESTAY, language: 'zh' })
      expectSameInBoth(unexpected, anonymous, textsOf)

      const { promise, resolve } = Promise.withResolvers<void>()
      reading = promise
      const readAnonymously = () => readErrors(graphql.url, { query: HOMESTAY, language: 'zh' })
      const [one, other] = [readAnonymously(), readAnonymously()]
      expect(await Promise.race([one, other])).toMatchObject({
        errors: [{ extensions: { code: 'RATE_LIMITED' }, message: expect.stringMatching(CHINESE) }],
      })
      resolve()
      await Promise.all([one, other])
      await graphql.close()
    })
  })
}

describe('a stream', () => {
  oneWay('over events is refused in the language that is asked for', async ({ app, graphql }) => {
    const { accessToken } = await graphql.as(await givenGuest(app))
    const messageIn = async (language?: string) => {
      const stream = await openEventStream(graphql.url, WATCH, { variables: { sn: 'x' }, accessToken, language })
      await expect.poll(stream.state).not.toBe('open')
      return stream.received[0]?.errors?.[0]
    }
    const english = await messageIn()
    expect(english).toMatchObject({ extensions: { code: 'NOT_FOUND' } })
    expectSameInBoth(english, await messageIn('zh-CN'), (error) => [error?.message ?? ''])
  })
})

describe('a socket', () => {
  const operations: [what: string, query: string, variables: Variables][] = [
    ['a subscription that is refused', WATCH, { sn: 'x' }],
    ['a query whose field fails', '{ homestays(first: 101) { edges { cursor } } }', {}],
    ['an operation with a syntax error', '{', {}],
    ['an unknown field', '{ nothing }', {}],
    ['a variable of another type', 'query ($n: Int) { homestays(first: $n) { edges { cursor } } }', { n: 'x' }],
  ]
  for (const [what, query, variables] of operations) {
    oneWay(`answers in the language of connectionParams to ${what}`, async ({ app, graphql }) => {
      const { accessToken } = await graphql.as(await givenGuest(app))
      const errorsIn = async (params: object) => {
        const connectionParams = { authorization: `Bearer ${accessToken}`, ...params }
        const socket = openSocket(graphql.url, undefined, { connectionParams })
        const { received, state } = subscribe(socket, query, variables)
        await expect.poll(state).not.toBe('open')
        void socket.dispose()
        const ended = state()
        return typeof ended === 'object' ? (ended.error as GraphqlError[]) : [...(received[0]?.errors ?? [])]
      }
      const english = await errorsIn({})
      expectSameInBoth(english, await errorsIn({ language: 'zh_CN' }), messagesOf)
      for (const language of ['en', 7, null, { zh: 1 }]) expect(await errorsIn({ language })).toEqual(english)
    })
  }

  oneWay('answers expected failures in its language', async ({ app, graphql }) => {
    const { order } = await freshOrder(app)
    const stranger = await graphql.as(await givenGuest(app, 'o_stranger'))
    const connectionParams = { authorization: `Bearer ${stranger.accessToken}`, language: 'zh-CN' }
    const socket = openSocket(graphql.url, undefined, { connectionParams })
    const { received, state } = subscribe<{ cancelHomestayOrder: Refusal }>(socket, CANCEL, { sn: order.sn })
    await expect.poll(state).toBe('complete')
    void socket.dispose()
    expect(received).toMatchObject([
      { data: { cancelHomestayOrder: { code: 'NOT_FOUND', message: '没有这个订单，或者它不是您的。请核对编号。' } } },
    ])
  })
})
