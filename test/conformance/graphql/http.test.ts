import { Writable } from 'node:stream'
import pino from 'pino'
import type { Limits } from '../../../src/config/limits.ts'
import type { Deps } from '../../../src/deps.ts'
import type { LimitName } from '../../../src/http/limits/refusal.ts'
import { openDatabase } from '../../../src/infra/database.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { WAYS } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'

const NEW = 'application/graphql-response+json'

interface Sent {
  body?: string
  accept?: string
  contentType?: string
  headers?: Record<string, string>
}

function post(url: string, { body, accept = NEW, contentType = 'application/json', headers = {} }: Sent) {
  return fetch(url, { method: 'POST', headers: { accept, 'content-type': contentType, ...headers }, body })
}

const postJson = (url: string, operation: unknown, sent: Sent = {}) =>
  post(url, { body: JSON.stringify(operation), ...sent })

/** As a browser does. */
const visit = (url: string) => fetch(url, { headers: { accept: 'text/html,application/xhtml+xml' } })

function keepLog() {
  const lines: { msg: string; requestId?: string; level: number; err?: { message: string } }[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()))
      done()
    },
  })
  return { log: pino({ level: 'error' }, stream), lines }
}

const withLimits = (deps: Deps, limits: Partial<Limits>): Deps => ({
  ...deps,
  config: { ...deps.config, limits: { ...deps.config.limits, ...limits } },
})

/** How many requests this limit has refused. */
async function refusalsBy({ deps }: TestApp, limit: LimitName): Promise<number> {
  const { values } = await deps.metrics.limitRefusals.get()
  return values.find(({ labels }) => labels.limit === limit)?.value ?? 0
}

const TYPENAME = { query: '{ __typename }' }

/** All of them say that there may be nothing to subscribe to. */
const ROOT_CONDITIONS = [
  'subscription { paymentStatusChanged(sn: "x") @skip(if: true) { sn } }',
  'subscription ($a: Boolean!) { paymentStatusChanged(sn: "x") @include(if: $a) { sn } }',
  'subscription { ... @include(if: false) { paymentStatusChanged(sn: "x") { sn } } }',
  'subscription { ...A @skip(if: true) } fragment A on Subscription { paymentStatusChanged(sn: "x") { sn } }',
  `subscription { ...A } fragment A on Subscription { ...B ...A }
    fragment B on Subscription { paymentStatusChanged(sn: "x") @skip(if: true) { sn } }`,
]

describe.for(WAYS)('$way', ({ openTestGraphql, sharedTest: test }) => {
  describe('GraphQL over HTTP', () => {
    test('answers in the media type that `accept` names', async ({ graphql }) => {
      for (const accept of [NEW, 'application/json']) {
        const response = await postJson(graphql.url, TYPENAME, { accept })
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
        expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
      }
    })

    test('runs the operation that is named, with its variables', async ({ graphql }) => {
      const query = 'query A { __typename } query B($id: ID!) { homestay(id: $id) { id } }'
      const response = await postJson(graphql.url, { query, operationName: 'B', variables: { id: 'nothing' } })
      expect(await response.json()).toEqual({ data: { homestay: null } })
    })

    test('refuses an operation of thousands of tokens before it runs', async ({ graphql }) => {
      const aliases = Array.from({ length: 500 }, (_, index) => `a${index}: homestays { edges { cursor } }`)
      const response = await postJson(graphql.url, { query: `{ ${aliases.join(' ')} }` })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('token') }] })
    })

    test('runs queries by GET', async ({ graphql }) => {
      const response = await fetch(`${graphql.url}?query=${encodeURIComponent('{ me { id } }')}`, {
        headers: { accept: NEW },
      })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ data: { me: null } })
    })

    test('refuses a mutation by GET', async ({ graphql }) => {
      const response = await fetch(`${graphql.url}?query=${encodeURIComponent('mutation { logout }')}`)
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
    })

    test('refuses methods other than GET and POST', async ({ graphql }) => {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const response = await fetch(graphql.url, { method })
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
      }
    })

    test('refuses a POST that isn’t application/json', async ({ graphql }) => {
      const form = 'query=%7B__typename%7D'
      for (const [contentType, body] of [
        ['text/plain', JSON.stringify(TYPENAME)],
        ['application/graphql', '{ __typename }'],
        ['application/graphql+json', JSON.stringify(TYPENAME)],
        ['application/x-www-form-urlencoded', form],
        ['multipart/form-data; boundary=x', `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n{x}\r\n--x--`],
        ['application/jsonp', JSON.stringify(TYPENAME)],
      ] as const) {
        expect((await post(graphql.url, { contentType, body })).status, contentType).toBe(415)
      }
      const utf8 = await postJson(graphql.url, TYPENAME, { contentType: 'application/json; charset=utf-8' })
      expect(utf8.status).toBe(200)
    })

    for (const [what, body] of [
      ['no JSON', '{'],
      ['no object', '"{ __typename }"'],
      ['no query', '{}'],
      ['a query that is no text', '{"query": 7}'],
      ['variables that are no object', '{"query": "{ __typename }", "variables": "x"}'],
      ['an operation name that is no text', '{"query": "{ __typename }", "operationName": 7}'],
      ['a syntax error', '{"query": "{"}'],
      ['an unknown field', '{"query": "{ nothing }"}'],
      [
        'a variable that doesn’t fit',
        '{"query": "query ($a: Int) { homestays(first: $a) { edges { cursor } } }", "variables": {"a": "x"}}',
      ],
      ['a variable that is missing', '{"query": "query ($id: ID!) { homestay(id: $id) { id } }"}'],
      ['an operation that isn’t there', '{"query": "query A { __typename }", "operationName": "B"}'],
      ['a choice between operations', '{"query": "query A { __typename } query B { __typename }"}'],
      ['several operations at once', '[{"query": "{ __typename }"}, {"query": "{ __typename }"}]'],
      [
        'U+0000 in a variable',
        '{"query": "query ($id: ID!) { homestay(id: $id) { id } }", "variables": {"id": "\\u0000"}}',
      ],
      [
        'U+0000 in a variable, deeper than a stack of calls',
        `{"query": "{ __typename }", "variables": {"a": ${'['.repeat(15_000)}"\\u0000"${']'.repeat(15_000)}}}`,
      ],
      ['U+0000 in a literal', JSON.stringify({ query: '{ homestay(id: "\\u0000") { id } }' })],
    ]) {
      test(`answers 400 with a reason to ${what}`, async ({ graphql }) => {
        const response = await post(graphql.url, { body })
        const { errors } = (await response.json()) as { errors: { message: string; extensions?: { code?: string } }[] }

        expect(response.status).toBe(400)
        expect(errors[0]?.message).not.toBe('Unexpected error.')
        expect(errors[0]?.extensions?.code).toMatch(/^[A-Z_]+$/)
      })
    }

    test('accepts deeply nested variables', async ({ graphql }) => {
      const body = `{"query": "{ __typename }", "variables": {"a": ${'['.repeat(15_000)}${']'.repeat(15_000)}}}`
      const response = await post(graphql.url, { body })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
    })

    test('answers 400 when the variables in a query string aren’t JSON', async ({ graphql }) => {
      const response = await fetch(`${graphql.url}?query=%7B__typename%7D&variables=nonsense`)
      expect(response.status).toBe(400)
    })

    test('answers 413 to a body over 32 KiB, whether its length is announced or not', async ({ app, graphql }) => {
      const body = JSON.stringify({ query: `{ __typename } #${'x'.repeat(32 * 1024)}` })
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(body))
          controller.close()
        },
      })
      const headers = { 'content-type': 'application/json' }
      const unannounced = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit
      const before = await refusalsBy(app, 'bodyBytes')
      for (const response of [await post(graphql.url, { body }), await fetch(graphql.url, unannounced)]) {
        expect(response.status).toBe(413)
        expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('32768 bytes') }] })
      }
      expect(await refusalsBy(app, 'bodyBytes')).toBe(before + 2)
    })

    test('answers 414 to a query string that is longer than a body may be', async ({ app }) => {
      const small = await openTestGraphql(withLimits(app.deps, { bodyBytes: 1024 }))
      const query = `{ __typename } #${'x'.repeat(2048)}`
      const response = await fetch(`${small.url}?query=${encodeURIComponent(query)}`)
      await small.close()
      expect(response.status).toBe(414)
    })

    test('answers 401 to a bad token in the new media type', async ({ graphql }) => {
      const response = await postJson(graphql.url, TYPENAME, { headers: { authorization: 'Bearer nonsense' } })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    })

    test('sends no CORS headers', async ({ graphql }) => {
      const response = await postJson(graphql.url, TYPENAME, { headers: { origin: 'https://example.com' } })
      const names = [...response.headers.keys()].filter((name) => name.startsWith('access-control'))
      expect(names).toEqual([])
    })

    test('sends x-request-id with every answer', async ({ graphql }) => {
      const ids = await Promise.all(
        [TYPENAME, { query: '{' }, {}].map(async (operation) =>
          (await postJson(graphql.url, operation)).headers.get('x-request-id'),
        ),
      )
      expect(new Set(ids).size).toBe(3)
      for (const id of ids) expect(id).toMatch(/^[\w-]{16,}$/)
    })

    test('serves GraphiQL to browsers, except in production', async ({ app, graphql }) => {
      const production = await openTestGraphql({ ...app.deps, config: { ...app.deps.config, production: true } })
      const [page, refusal] = [await visit(graphql.url), await visit(production.url)]
      await production.close()

      expect(page.headers.get('content-type')).toContain('text/html')
      expect(page.headers.get('content-security-policy')).toContain(`frame-ancestors 'none'`)
      expect(await page.text()).toContain('GraphiQL')
      expect(refusal.headers.get('content-type') ?? '').not.toContain('text/html')
    })

    test('sends GraphiQL compressed, and once to a browser that keeps it', async ({ graphql }) => {
      const headers = { accept: 'text/html', 'accept-encoding': 'gzip' }
      const first = await fetch(graphql.url, { headers })
      expect(first.headers.get('content-encoding')).toBe('gzip')
      expect(await first.text()).toContain('</html>')
      const etag = first.headers.get('etag') ?? ''
      const again = await fetch(graphql.url, { headers: { ...headers, 'if-none-match': etag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
      const plain = await fetch(graphql.url, { headers: { accept: 'text/html', 'accept-encoding': 'identity' } })
      expect([plain.headers.get('content-encoding'), (await plain.text()).includes('</html>')]).toEqual([null, true])
    })

    test('forbids browsers to show any answer in a frame, or to guess its type', async ({ graphql }) => {
      const answers = await Promise.all([
        postJson(graphql.url, TYPENAME),
        postJson(graphql.url, { query: '{' }),
        post(graphql.url, { body: '{' }),
        post(graphql.url, { body: 'x'.repeat(40_000) }),
        postJson(graphql.url, TYPENAME, { headers: { authorization: 'Bearer nonsense' } }),
        post(graphql.url, { contentType: 'text/plain', body: 'x' }),
        fetch(graphql.url, { method: 'PUT' }),
        fetch(graphql.url, { method: 'OPTIONS' }),
        visit(graphql.url),
      ])
      for (const { headers, status } of answers) {
        expect(headers.get('x-content-type-options'), String(status)).toBe('nosniff')
        expect(headers.get('content-security-policy'), String(status)).toContain(`frame-ancestors 'none'`)
      }
    })
  })

  describe('pages of other origins', () => {
    const [ours, foreign] = ['https://www.example.com', 'https://evil.example']

    /** A server that ours may use. @returns the CORS headers of its answer to a page of `origin`. */
    async function openToOurs({ deps }: TestApp) {
      const corsOrigins = [ours, 'https://m.example.com']
      const graphql = await openTestGraphql({ ...deps, config: { ...deps.config, corsOrigins } })
      const send = async (
        origin: string,
        init: { method?: string; headers?: Record<string, string>; body?: string } = {},
      ) => {
        const response = await fetch(graphql.url, { ...init, headers: { ...init.headers, origin } })
        const cors = [...response.headers].filter(([name]) => name.startsWith('access-control') || name === 'vary')
        return { status: response.status, headers: Object.fromEntries(cors) }
      }
      return { send, close: graphql.close }
    }

    test('lets a page of a configured origin ask before it sends, and read what it needs', async ({ app }) => {
      const { send, close } = await openToOurs(app)
      const asked = {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      }
      expect(await send(ours, { method: 'OPTIONS', headers: asked })).toEqual({
        status: 204,
        headers: {
          'access-control-allow-origin': ours,
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'authorization, content-type, accept-language, x-request-id',
          'access-control-expose-headers': 'x-request-id, retry-after',
          'access-control-max-age': '7200',
          vary: 'Origin',
        },
      })
      for (const body of ['{"query": "{ __typename }"}', '{', 'x'.repeat(40_000)]) {
        const answer = await send(ours, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        expect(answer.headers).toMatchObject({
          'access-control-allow-origin': ours,
          'access-control-expose-headers': 'x-request-id, retry-after',
        })
      }
      await close()
    })

    test('gives a page of any other origin no CORS headers', async ({ app }) => {
      const { send, close } = await openToOurs(app)
      for (const method of ['OPTIONS', 'POST']) {
        const headers = { 'content-type': 'application/json' }
        const body = method === 'POST' ? JSON.stringify(TYPENAME) : undefined
        expect((await send(foreign, { method, headers, body })).headers).toEqual({ vary: 'Origin' })
      }
      await close()
    })
  })

  describe('@skip or @include on the root field of a subscription', () => {
    const refused = [{ message: expect.stringContaining('@skip'), extensions: { code: 'BAD_USER_INPUT' } }]

    for (const query of ROOT_CONDITIONS) {
      test(`refuses a condition on the root field of a subscription, and doesn’t log it: ${query.split('\n')[0]}`, async ({
        app,
        graphql,
      }) => {
        const { log, lines } = keepLog()
        const quiet = await openTestGraphql({ ...app.deps, log })
        const stream = await openEventStream(quiet.url, query, { variables: { a: false } })
        await expect.poll(stream.state).not.toBe('open')
        expect(stream.received).toMatchObject([{ errors: refused }])
        const client = openSocket(quiet.url)
        const { state } = subscribe(client, query, { a: false })
        await expect.poll(state).toMatchObject({ error: refused })
        await client.dispose()
        await quiet.close()
        expect(lines).toEqual([])
        expect((await graphql.anonymous.send(query, { a: false })).errors).toMatchObject(refused)
      })
    }

    test('allows @skip and @include below the root field of a subscription, and on the root fields of a query', async ({
      graphql,
    }) => {
      const below =
        'subscription { paymentStatusChanged(sn: "x") { sn @skip(if: true) ... @include(if: true) { status } } }'
      const { state, received } = await openEventStream(graphql.url, below)
      await expect.poll(state).not.toBe('open')
      expect(received).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }])
      expect(await graphql.anonymous.run('{ me @skip(if: true) { id } }')).toEqual({})
    })
  })

  describe('an unexpected failure', () => {
    test('masks an unexpected failure, and logs it once with its cause under the request id of the answer', async ({
      app,
    }) => {
      const { log, lines } = keepLog()
      const db = openDatabase('postgresql://nobody:secret@127.0.0.1:1/none')
      const graphql = await openTestGraphql({ ...app.deps, db, log })
      const operations = [
        { query: '{ homestays { edges { cursor } } }' },
        { query: 'mutation { wxLogin(input: { code: "code-o_guest" }) { __typename } }' },
      ]
      for (const operation of operations) {
        lines.length = 0
        const response = await postJson(graphql.url, operation)
        const text = await response.text()

        expect(JSON.parse(text)).toMatchObject({ errors: [{ message: 'Unexpected error.' }] })
        expect(text).not.toContain('127.0.0.1')
        expect(lines).toHaveLength(1)
        expect(lines[0]?.requestId).toBe(response.headers.get('x-request-id'))
        expect(lines[0]?.err?.message).toBeTruthy()
      }
      await graphql.close()
      await db.$disconnect()
    })

    test('masks an unexpected failure that happens while the session is read', async ({ app, graphql }) => {
      const { accessToken } = await graphql.signIn('o_guest')
      const db = openDatabase('postgresql://nobody:secret@127.0.0.1:1/none')
      const broken = await openTestGraphql({ ...app.deps, db })
      const response = await postJson(broken.url, TYPENAME, { headers: { authorization: `Bearer ${accessToken}` } })
      await broken.close()
      await db.$disconnect()

      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({
        errors: [
          {
            message: 'Unexpected error.',
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: response.headers.get('x-request-id') },
          },
        ],
      })
    })
  })
})
