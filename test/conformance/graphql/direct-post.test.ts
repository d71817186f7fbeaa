import { once } from 'node:events'
import { connect } from 'node:net'
import { startSession } from '../../../src/user/session.ts'
import { describe, expect } from '../../harness/app.ts'
import { givenPaid, type Tapped } from '../../harness/fixtures.ts'
import { sharedTest as baseTest, openTestGraphql, type TestGraphql } from '../../harness/graphql.ts'

/** One server of each kind, over the same app. */
const test = baseTest.extend<{ yoga: TestGraphql; paid: Tapped }>({
  paid: [async ({ app }, use) => use(await givenPaid(app)), { scope: 'file' }],
  yoga: [
    async ({ app }, use) => {
      const yoga = await openTestGraphql(app.deps, { isStock: true })
      await use(yoga)
      await yoga.close()
    },
    { scope: 'file' },
  ],
})

interface Sent {
  method?: string
  path?: string
  headers?: string[]
  body?: string | Buffer
}

/**
 * Whether the answer has ended on a connection that the server keeps: Yoga does so after its multipart answers, although
 * the request asks for a close, and the server's own time-out would end each after six seconds.
 */
function isKeptAfter(received: Buffer[]): boolean {
  const text = Buffer.concat(received).toString('latin1')
  return /^connection: keep-alive\r$/im.test(text) && text.endsWith('\r\n0\r\n\r\n')
}

/** Sends a request as it is and closes the connection. @returns all that came back, without what differs each time. */
async function exchange(
  url: string,
  { method = 'POST', path = '/graphql', headers, body = '' }: Sent,
): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = ['host: example.com', 'connection: close', ...(headers ?? JSON_HEADERS(body))]
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  socket.write(body)
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    if (isKeptAfter(received)) socket.end()
  })
  await once(socket, 'close')
  const text = Buffer.concat(received).toString('latin1')
  const requestId = /^x-request-id: (.+)\r$/im.exec(text)?.[1] ?? expect.fail(`an answer without a request id: ${text}`)
  const [interim = ''] = /^(?:HTTP\/1\.1 1\d\d .*\r\n\r\n)*/.exec(text) ?? []
  const [head = '', ...rest] = text.slice(interim.length).replaceAll(requestId, 'ID').split('\r\n\r\n')
  const [status, ...fields] = head.split('\r\n')
  const sorted = fields
    .filter((field) => !/^(date|keep-alive):/i.test(field))
    .map((field) => field.replace(/^[^:]*/, (name) => name.toLowerCase()))
    .toSorted()
  return interim + [status, ...sorted, '', ...rest].join('\r\n')
}

const json = (value: unknown): Sent => ({ body: JSON.stringify(value) })
const of = (query: string, more: object = {}): Sent => json({ query, ...more })

const withHeaders = (headers: string[], { body = '{"query":"{ __typename }"}', ...sent }: Sent = {}): Sent => ({
  ...sent,
  body,
  headers: [...headers, `content-length: ${Buffer.byteLength(body)}`],
})
const accepting = (accept: string, sent: Sent = {}) =>
  withHeaders(['content-type: application/json', `accept: ${accept}`], sent)

const JSON_HEADERS = (body: string | Buffer = '') => [
  'content-type: application/json',
  `content-length: ${Buffer.byteLength(body)}`,
]
const inChinese = (sent: Sent): Sent => ({
  ...sent,
  headers: [...(sent.headers ?? JSON_HEADERS(sent.body)), 'accept-language: zh-CN,zh;q=0.9'],
})

/** The messages in an answer, without what the parser of JSON said. */
function messagesOf(answer: string): string[] {
  const text = Buffer.from(answer, 'latin1').toString().replace('"originalError":{"name":"SyntaxError","message"', '')
  return [...text.matchAll(/"message":("(?:[^"\\]|\\.)*")/g)].map(([, message = '']) => JSON.parse(message) as string)
}

/** Every message of the one answer is Chinese, and none of the other. */
function expectTranslated(chinese: string, english: string): void {
  expect(messagesOf(chinese)).toHaveLength(messagesOf(english).length)
  for (const message of messagesOf(chinese)) expect(message).toMatch(/\p{Script=Han}/u)
  for (const message of messagesOf(english)) expect(message).not.toMatch(/\p{Script=Han}/u)
}

const chunked = (...chunks: string[]): Sent => ({
  headers: ['content-type: application/json', 'transfer-encoding: chunked'],
  body: [...chunks, ''].map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join(''),
})

const LOGIN = 'mutation ($input: WxLoginInput!) { wxLogin(input: $input) { __typename } }'
const STREAM = 'subscription { paymentStatusChanged(sn: "x") { sn } }'
const NEW = 'application/graphql-response+json'

const REQUESTS: Record<string, Sent> = {
  'a query': of('{ __typename me { id } }'),
  'a query with a named operation': of('query A { __typename } query B { me { id } }', { operationName: 'B' }),
  'variables and extensions of null': of('{ __typename }', { variables: null, extensions: null, operationName: null }),
  extensions: of('{ __typename }', { extensions: { persistedQuery: { version: 1 } } }),
  'an unknown parameter': of('{ __typename }', { more: 1 }),
  'an unknown parameter of null': of('{ __typename }', { more: null }),
  'an inherited parameter': { body: '{"query":"{ __typename }","__proto__":{"x":1}}' },
  'a parameter twice': { body: '{"query":"{","query":"{ __typename }"}' },
  'no body': {},
  'a body of blanks': { body: '  ' },
  'malformed JSON': { body: '{"query": "{ __typename }"' },
  'JSON after a byte order mark': { body: `\uFEFF${JSON.stringify({ query: '{ __typename }' })}` },
  'bytes that are no UTF-8': {
    body: Buffer.from([...Buffer.from('{"query":"{ __typename }","operationName":"'), 0xff, 0x22, 0x7d]),
  },
  'JSON in UTF-16': { body: Buffer.from('{"query":"{ __typename }"}', 'utf16le') },
  'an array': json([]),
  'a batch': json([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
  null: json(null),
  'a number': json(7),
  'a text': json('{ __typename }'),
  'an empty object': json({}),
  'a query of null': json({ query: null }),
  'a query that is no text': json({ query: ['{ __typename }'] }),
  'an empty query': of(''),
  'a query of comments': of('# nothing'),
  'a syntax error': of('{ me { '),
  'an unknown field': of('{ nothing }'),
  'many unknown fields': of(`{ ${Array.from({ length: 30 }, (_, n) => `nothing${n}`).join(' ')} }`),
  'an unknown operation': of('query A { __typename }', { operationName: 'B' }),
  'an empty operation name': of('query A { __typename }', { operationName: '' }),
  'an operation name that is no text': of('query A { __typename }', { operationName: 7 }),
  'no choice between operations': of('query A { __typename } query B { __typename }'),
  'a fragment alone': of('fragment A on Query { __typename }'),
  'a type definition': of('type A { a: Int }'),
  'variables that are a text': of('{ __typename }', { variables: '{}' }),
  'variables that are an array': of('{ __typename }', { variables: [] }),
  'extensions that are a number': of('{ __typename }', { extensions: 7 }),
  'a missing variable': of('query ($id: ID!) { homestay(id: $id) { id } }'),
  'a variable of the wrong type': of('query ($n: Int) { homestays(first: $n) { edges { cursor } } }', {
    variables: { n: 'x' },
  }),
  'variables of many wrong types': of(LOGIN, {
    variables: { input: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x${n}`, n])) },
  }),
  'U+0000 in a variable': of('query ($id: ID!) { homestay(id: $id) { id } }', { variables: { id: '\0' } }),
  'U+0000 in a literal': of('{ homestay(id: "\\u0000") { id } }'),
  'a lone surrogate': {
    body: '{"query":"query ($id: ID!) { homestay(id: $id) { id } }","variables":{"id":"\\ud800"}}',
  },
  'a page that is too large': of('{ homestays(first: 1000) { edges { cursor } } }'),
  'a mutation without a session': of('mutation { logout }'),
  'a mutation with a domain error': of(LOGIN, { variables: { input: { code: '' } } }),
  'a tap without a session': of('mutation { wxPay(input: { orderSn: "x" }) { __typename } }'),
  'a field without a session': of('{ paymentStatus(sn: "x") { sn } }'),
  'fields of which some fail': of(
    '{ __typename a: paymentStatus(sn: "x") { sn } homestays(first: 1000) { edges { cursor } } }',
  ),
  introspection: of('{ __schema { queryType { name } } }'),
  'too many tokens': of(`{ ${Array.from({ length: 600 }, (_, n) => `a${n}: __typename`).join(' ')} }`),
  'too many fields': of(`{ me { ${'id '.repeat(200)} } }`),
  '@skip and @include': of('query ($a: Boolean!) { me @skip(if: $a) { id } __typename @include(if: $a) }', {
    variables: { a: true },
  }),
  '@defer': of('{ ... @defer { __typename } }'),
  'a subscription': of(STREAM),
  'a subscription, by JSON alone': accepting('application/json', of(STREAM)),
  'a subscription, by the new media type alone': accepting(NEW, of(STREAM)),
  'a subscription with a condition': accepting(
    'application/json',
    of('subscription { paymentStatusChanged(sn: "x") @skip(if: true) { sn } }'),
  ),
  'a subscription in escapes': { body: '{"query":"\\u0073ubscription { paymentStatusChanged(sn: \\"x\\") { sn } }"}' },
  'the word in a comment': of('{ __typename } # subscription'),
  'a body that is too large': of(`{ __typename } #${'x'.repeat(40_000)}`),
  'a body in chunks': chunked('{"query":', '"{ __typename }"}'),
  'a body in chunks that is too large': chunked(`{"query":"{ __typename } #${'x'.repeat(40_000)}"}`),
  'a body that is as large as allowed': { body: '{"query":"{ __typename }"}'.padEnd(32_768) },
  'a body that is larger by one': { body: '{"query":"{ __typename }"}'.padEnd(32_769) },
  'Expect: 100-continue': withHeaders(['content-type: application/json', 'expect: 100-continue']),
  'no content type': withHeaders([]),
  'another content type': withHeaders(['content-type: text/plain']),
  'a content type in capitals': withHeaders(['content-type: Application/JSON']),
  'a content type with a charset': withHeaders(['content-type: application/json; charset=utf-8']),
  'a content type with another charset': withHeaders(['content-type: application/json; charset=utf-16']),
  'a content type with a blank before its parameter': withHeaders(['content-type: application/json ; charset=utf-8']),
  'two content types in one': withHeaders(['content-type: application/json, text/plain']),
  'two content types in one, the first with a parameter': withHeaders([
    'content-type: application/json; charset=utf-8, text/plain',
  ]),
  'two content types': withHeaders(['content-type: application/json', 'content-type: text/plain']),
  'application/graphql+json': withHeaders(['content-type: application/graphql+json']),
  'a content encoding': withHeaders(['content-type: application/json', 'content-encoding: gzip']),
  'Accept in two headers': withHeaders(['content-type: application/json', 'accept: text/html', `accept: ${NEW}`]),
  'a bad token': withHeaders(['content-type: application/json', 'authorization: Bearer nonsense']),
  'another scheme than Bearer': withHeaders(['content-type: application/json', 'authorization: Basic eDp5']),
  'an empty authorization': withHeaders(['content-type: application/json', 'authorization:']),
  'an origin': withHeaders(['content-type: application/json', 'origin: https://evil.example']),
  'a query string': { ...of('{ __typename }'), path: '/graphql?query=%7B' },
  'a query string that looks like Yoga’s health check': { ...of('{ __typename }'), path: '/graphql?a=/health' },
  'a slash at the end': { ...of('{ __typename }'), path: '/graphql/' },
  'another path': { ...of('{ __typename }'), path: '/nothing' },
  GET: { method: 'GET', path: '/graphql?query=%7B__typename%7D', headers: [] },
  'GET of nothing': { method: 'GET', headers: [] },
  'GET of a mutation': { method: 'GET', path: '/graphql?query=mutation%7Blogout%7D', headers: [] },
  HEAD: { method: 'HEAD', path: '/graphql?query=%7B__typename%7D', headers: [] },
  PUT: { ...of('{ __typename }'), method: 'PUT' },
  OPTIONS: { method: 'OPTIONS', headers: [] },
}

const ACCEPTS = [
  '*/*',
  '',
  'application/*',
  'application/json',
  NEW,
  `${NEW}, application/json`,
  `application/json, ${NEW}`,
  `application/json;q=0.1, ${NEW};q=0.9`,
  `application/json;q=0, */*`,
  `${NEW}; charset=utf-8, application/json; charset=utf-8`,
  'application/json; charset=iso-8859-1',
  `application/json; charset=iso-8859-1, ${NEW}`,
  'APPLICATION/JSON',
  ' application/json ',
  'text/html',
  'text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8',
  'text/event-stream',
  'text/event-stream, application/json',
  'application/json, text/event-stream',
  'multipart/mixed',
  'multipart/mixed, application/json',
  '*',
  'json',
  ',',
  'application/json,',
  '*/json',
]

const EVENTS = 'text/event-stream'
const STREAMS: Record<string, Sent> = {
  'a subscription without a session': of(STREAM),
  'a subscription with a bad token': withHeaders(
    ['content-type: application/json', `accept: ${EVENTS}`, 'authorization: Bearer nonsense'],
    of(STREAM),
  ),
  'a subscription with a condition': of('subscription { paymentStatusChanged(sn: "x") @skip(if: true) { sn } }'),
  'a subscription to an unknown field': of('subscription { nothing }'),
  'a subscription with a missing variable': of('subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { sn } }'),
  'a subscription that is no document': of('subscription {'),
  'an unknown subscription': of(STREAM.replace('{', 'A {'), { operationName: 'B' }),
  'an unknown parameter': of(STREAM, { more: 1 }),
  'variables that are a text': of(STREAM, { variables: '{}' }),
  'a query with the word in it': of('{ __typename } # subscription'),
  'a mutation with the word in it': of('mutation { logout } # subscription'),
  'a batch': json([{ query: STREAM }, { query: STREAM }]),
  'no JSON': { body: `subscription ${STREAM}` },
}

const asEvents = (sent: Sent) =>
  sent.headers?.some((header) => header.startsWith('accept')) ? sent : accepting(EVENTS, sent)

/** Of a signed-in guest who has paid; each with the payment and the order as variables. */
const OPERATIONS = [
  { query: 'query ($sn: ID!) { paymentStatus(sn: $sn) { __typename sn status payTotal payTime underReview } }' },
  { query: 'query ($sn: ID!) { a: paymentStatus(sn: $sn) { sn } b: paymentStatus(sn: "nothing") { sn } me { id } }' },
  { query: 'query ($sn: ID! $not: Boolean!) { paymentStatus(sn: $sn) { sn status @skip(if: $not) } }', not: true },
  { query: '{ homestayOrders(first: 1) { edges { node { sn tradeState payment { status } } } } }' },
  { query: 'mutation { wxPay(input: { orderSn: "nothing" }) { __typename ... on Error { code message } } }' },
  { query: 'mutation ($order: ID!) { wxPay(input: { orderSn: $order }) { __typename ... on Error { code } } }' },
]

/** What the media type decides on: a success, and refusals of each kind. */
const NEGOTIATED = [
  of('{ __typename }'),
  of('{ nothing }'),
  of('{'),
  of('{ paymentStatus(sn: "x") { sn } }'),
  of('query A { __typename }', { operationName: 'B' }),
  json({}),
]

describe('the direct way answers as Yoga does, byte for byte', () => {
  test.for(Object.entries(REQUESTS))('%s', async ([, sent], { graphql, yoga }) => {
    const [direct, stock] = [await exchange(graphql.url, sent), await exchange(yoga.url, sent)]
    expect(direct).toBe(stock)
    expect(direct).toMatch(/^HTTP\/1\.1 \d{3} /)
    // Now that its document is known.
    expect(await exchange(graphql.url, sent)).toBe(stock)
  })

  test.for(OPERATIONS)('of a guest, $query', async ({ query, ...more }, { app, graphql, yoga, paid }) => {
    const { accessToken } = await graphql.as(paid.guest)
    const variables = { sn: paid.payment.sn, order: paid.order.sn, ...more }
    const sent = withHeaders(
      ['content-type: application/json', `authorization: Bearer ${accessToken}`],
      of(query, { variables }),
    )
    const stock = await exchange(yoga.url, sent)
    for (let time = 0; time < 2; time++) expect(await exchange(graphql.url, sent)).toBe(stock)
    expect(stock).toMatch(/^HTTP\/1\.1 200 [^]*"data":/)
    expect(await exchange(graphql.url, inChinese(sent))).toBe(await exchange(yoga.url, inChinese(sent)))

    await app.deps.db.session.updateMany({ data: { revokedAt: new Date() } })
    expect(await exchange(graphql.url, sent)).toBe(await exchange(yoga.url, sent))
    expect(await exchange(graphql.url, sent)).toContain('"UNAUTHENTICATED"')
  })

  test('where its reads are spent', async ({ app, paid }) => {
    const config = { ...app.deps.config, redisUrl: undefined, rateLimitFactor: 1 }
    const deps = { ...app.deps, config: { ...config, limits: { ...config.limits, readsPerUserMinute: 1 } } }
    const { accessToken } = await startSession(app.deps, { userId: paid.guest.id })
    const answers = []
    for (const isStock of [false, true]) {
      const narrow = await openTestGraphql(deps, { isStock })
      const sent = withHeaders(
        ['content-type: application/json', `accept: ${NEW}`, `authorization: Bearer ${accessToken}`],
        of('{ me { id } }'),
      )
      await exchange(narrow.url, sent)
      const refused = await exchange(narrow.url, sent)
      expect(refused).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: \d+/)
      answers.push(refused.replaceAll(/(retry-after: |"retryAfterSeconds":|in )\d+/g, '$1N'))
      await narrow.close()
    }
    expect(answers[0]?.replace(/content-length: \d+/, '')).toBe(answers[1]?.replace(/content-length: \d+/, ''))
  })

  test.for(Object.entries(STREAMS))('as events: %s', async ([, sent], { graphql, yoga }) => {
    const asked = asEvents(sent)
    const [direct, stock] = [await exchange(graphql.url, asked), await exchange(yoga.url, asked)]
    expect(direct).toBe(stock)
    expect(direct).toMatch(/^HTTP\/1\.1 \d{3} [^]*content-type: text\/event-stream[^]*event: complete/)
  })

  test('as events: a stream whose session ends, and its connection with it', async ({ app, graphql, yoga, paid }) => {
    const variables = { sn: paid.payment.sn }
    const query = 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }'
    for (const { url, as } of [graphql, yoga]) {
      const { accessToken } = await as(paid.guest)
      const sent = accepting(EVENTS, of(query, { variables }))
      sent.headers?.push(`authorization: Bearer ${accessToken}`)
      const streaming = exchange(url, sent)
      await expect.poll(async () => (await app.deps.metrics.openStreams.get()).values).toMatchObject([{ value: 1 }])
      await app.deps.db.session.updateMany({ data: { revokedAt: new Date() } })

      expect(await streaming).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*"SUCCESS"[^]*event: complete/)
    }
  })

  test.for(Object.entries(REQUESTS))('%s, in Chinese', async ([, sent], { graphql, yoga }) => {
    const asked = inChinese(sent)
    const [direct, stock] = [await exchange(graphql.url, asked), await exchange(yoga.url, asked)]
    expect(direct).toBe(stock)
    const english = await exchange(graphql.url, sent)
    expectTranslated(direct, english)
    expect(direct.split('\r\n', 1)).toEqual(english.split('\r\n', 1))
  })

  test.for(Object.entries(STREAMS))('as events in Chinese: %s', async ([, sent], { graphql, yoga }) => {
    const asked = asEvents(sent)
    const direct = await exchange(graphql.url, inChinese(asked))
    expect(direct).toBe(await exchange(yoga.url, inChinese(asked)))
    expectTranslated(direct, await exchange(graphql.url, asked))
  })

  test.for(ACCEPTS)('Accept: %s', async (accept, { graphql, yoga }) => {
    for (const sent of NEGOTIATED) {
      const asked = accepting(accept, sent)
      expect(await exchange(graphql.url, asked), sent.body?.toString()).toBe(await exchange(yoga.url, asked))
    }
  })
})
