import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect } from '../../harness/app.ts'
import { sharedTest as baseTest, openTestGraphql, type TestGraphql } from '../../harness/graphql.ts'

/** One server of each kind, over the same app. */
const test = baseTest.extend<{ yoga: TestGraphql }>({
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

/** Sends a request as it is and closes the connection. @returns all that came back, without what differs each time. */
async function exchange(
  url: string,
  { method = 'POST', path = '/graphql', headers, body = '' }: Sent,
): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const json = ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]
  const lines = ['host: example.com', 'connection: close', ...(headers ?? json)]
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  socket.write(body)
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    // A stream asks for the connection to be kept.
    if (chunk.toString('latin1').endsWith('0\r\n\r\n')) socket.end()
  })
  await once(socket, 'close')
  const text = Buffer.concat(received).toString('latin1')
  const requestId = /^x-request-id: (.+)\r$/im.exec(text)?.[1] ?? expect.fail(`an answer without a request id: ${text}`)
  const [head = '', ...rest] = text.replaceAll(requestId, 'ID').split('\r\n\r\n')
  const [status, ...fields] = head.split('\r\n')
  const sorted = fields
    .filter((field) => !/^(date|keep-alive):/i.test(field))
    .map((field) => field.replace(/^[^:]*/, (name) => name.toLowerCase()))
    .toSorted()
  return [status, ...sorted, '', ...rest].join('\r\n')
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
  })

  test.for(ACCEPTS)('Accept: %s', async (accept, { graphql, yoga }) => {
    for (const sent of NEGOTIATED) {
      const asked = accepting(accept, sent)
      expect(await exchange(graphql.url, asked), sent.body?.toString()).toBe(await exchange(yoga.url, asked))
    }
  })
})
