import { once } from 'node:events'
import { CloseCode } from 'graphql-ws'
import { Client } from 'pg'
import pino from 'pino'
import { WebSocket } from 'ws'
import { describe, expect } from '../../harness/app.ts'
import { openTestGraphql, sharedTest as test, test as wholeTest } from '../../harness/graphql.ts'
import { type GraphqlError, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { whileLocked } from '../../harness/race.ts'
import { openAcknowledged, openRaw, operation, type RawSocket } from '../../harness/raw-socket.ts'

const isOpen = ({ socket }: RawSocket) => socket.readyState === WebSocket.OPEN

describe('graphql-transport-ws', () => {
  test('runs queries and mutations for graphql-ws’s own client', async ({ graphql }) => {
    const client = openSocket(graphql.url)
    const { received, state } = subscribe(client, '{ __typename }')
    await expect.poll(state).toBe('complete')
    expect(received).toEqual([{ data: { __typename: 'Query' } }])
    await client.dispose()
  })

  test('answers a mutation with its errors as data', async ({ graphql }) => {
    const client = openSocket(graphql.url)
    const login = 'mutation { wxLogin(input: { code: "nonsense" }) { __typename } }'
    const { received, state } = subscribe(client, login)
    await expect.poll(state).toBe('complete')
    expect(received).toEqual([{ data: { wxLogin: { __typename: 'LoginCodeInvalidError' } } }])
    await client.dispose()
  })

  test('reads the viewer’s token from connectionParams', async ({ graphql }) => {
    const { accessToken } = await graphql.signIn('o_guest')
    const client = openSocket(graphql.url, accessToken)
    const { received, state } = subscribe(client, '{ me { nickname } }')
    await expect.poll(state).toBe('complete')
    expect(received).toMatchObject([{ data: { me: { nickname: expect.any(String) } } }])
    await client.dispose()
  })

  for (const [what, payload] of [
    ['malformed', { authorization: 'Bearer nonsense' }],
    ['of another type', { authorization: 7 }],
    ['a structure', { authorization: [[], {}] }],
    ['longer than any token', { authorization: `Bearer ${'x'.repeat(5_000)}` }],
  ] as const) {
    test(`lets a socket connect with a token that is ${what}, and answers each operation with UNAUTHENTICATED`, async ({
      graphql,
    }) => {
      const raw = await openAcknowledged(graphql.url, payload)
      for (const id of ['1', '2']) raw.send(operation('{ homestays { edges { cursor } } }', id))
      await expect.poll(() => raw.messages).toHaveLength(2)
      for (const message of raw.messages) {
        expect(message).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
        expect((message.payload as GraphqlError[])[0]?.extensions).not.toHaveProperty('http')
      }
      expect(raw.socket.readyState).toBe(WebSocket.OPEN)
      raw.socket.close()
    })
  }

  test('lets a socket connect without a token, for operations that need no viewer', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url)
    raw.send(operation('{ me { id } }', '1'))
    raw.send(operation('subscription { paymentStatusChanged(sn: "x") { sn } }', '2'))
    await expect.poll(() => raw.messages).toHaveLength(4)
    const next = (id: string) => raw.messages.find((message) => message.id === id && message.type === 'next')?.payload
    expect(next('1')).toEqual({ data: { me: null } })
    expect(next('2')).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    raw.socket.close()
  })

  for (const [what, query] of [
    ['a syntax error', '{'],
    ['an unknown field', '{ nothing }'],
    ['no operation', 'fragment F on Query { __typename }'],
    ['a text with U+0000', '{ homestay(id: "\\u0000") { id } }'],
  ] as const) {
    test(`answers ${what} with an error and stays open`, async ({ graphql }) => {
      const raw = await openAcknowledged(graphql.url)
      raw.send(operation(query))
      await expect.poll(() => raw.messages).toHaveLength(1)
      expect(raw.messages).toMatchObject([{ id: '1', type: 'error', payload: [{ message: expect.any(String) }] }])
      raw.messages.length = 0
      raw.send({ type: 'ping' })
      await expect.poll(() => raw.messages).toEqual([{ type: 'pong' }])
      raw.socket.close()
    })
  }

  test('accepts deeply nested variables', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url)
    const variables = `{"a": ${'['.repeat(15_000)}${']'.repeat(15_000)}}`
    raw.send(`{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "variables": ${variables}}}`)
    await expect.poll(() => raw.messages).toHaveLength(2)
    expect(raw.messages[0]).toMatchObject({ type: 'next', payload: { data: { __typename: 'Query' } } })
    raw.socket.close()
  })

  test('closes a socket that breaks the protocol with the protocol’s code', async ({ graphql }) => {
    const { url } = graphql
    const early = await openRaw(url)
    early.send(operation('{ __typename }'))
    const twice = await openAcknowledged(url)
    twice.send({ type: 'connection_init' })
    const garbled = await openRaw(url)
    garbled.send('nonsense')
    const foreign = await openRaw(url, [])
    const large = await openAcknowledged(url)
    large.send(operation(`{ __typename } #${'x'.repeat(32 * 1024)}`))
    const doubled = await openAcknowledged(url)
    const held = 'mutation { wxLogin(input: { code: "code-o_guest" }) { __typename } }'
    doubled.send(operation(held))
    doubled.send(operation(held))

    expect(await Promise.all([early, twice, garbled, foreign, large, doubled].map(({ closed }) => closed))).toEqual([
      CloseCode.Unauthorized,
      CloseCode.TooManyInitialisationRequests,
      CloseCode.BadRequest,
      CloseCode.SubprotocolNotAcceptable,
      1009,
      CloseCode.SubscriberAlreadyExists,
    ])
  })

  const frames = {
    invalidUtf8: (socket: WebSocket) => socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false }),
    fragments: (socket: WebSocket) => {
      for (let sent = 0; sent < 1_000; sent++) socket.send(' ', { fin: false })
    },
    hugeInFragments: (socket: WebSocket) => {
      for (let sent = 0; sent < 4; sent++) socket.send(' '.repeat(16 * 1024), { fin: false })
    },
  }
  test.for<[what: string, break_: (raw: RawSocket) => void, code: number]>([
    ['a message that only a server sends', (raw) => raw.send({ id: '1', type: 'next', payload: {} }), 4400],
    ['an acknowledgement', (raw) => raw.send({ type: 'connection_ack' }), 4400],
    ['a message of an unknown type', (raw) => raw.send({ type: 'start' }), 4400],
    ['a complete without an id', (raw) => raw.send({ type: 'complete' }), 4400],
    ['a subscribe without a query', (raw) => raw.send({ id: '1', type: 'subscribe', payload: {} }), 4400],
    ['an id that is longer than any', (raw) => raw.send(operation('{ __typename }', 'x'.repeat(257))), 4400],
    ['a message that is no object', (raw) => raw.send('[]'), 4400],
    ['a binary message', ({ socket }) => socket.send(Buffer.from('{"type":"ping"}')), 4400],
    ['invalid UTF-8', ({ socket }) => frames.invalidUtf8(socket), 1007],
    ['a message in a thousand fragments', ({ socket }) => frames.fragments(socket), 1008],
    ['a message that is too large as a whole', ({ socket }) => frames.hugeInFragments(socket), 1009],
  ])('closes a socket that sends %s, and logs nothing about it', async ([, break_, code], { app }) => {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const graphql = await openTestGraphql({ ...app.deps, log })
    const raw = await openAcknowledged(graphql.url)
    const reason = once(raw.socket, 'close').then(([, text]) => String(text))
    break_(raw)
    expect(await raw.closed).toBe(code)
    expect(await reason).not.toMatch(/Error|at /)
    expect(lines).toEqual([])
    await graphql.close()
  })

  test('ignores a complete for an operation that is over', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url)
    raw.send({ id: 'long gone', type: 'complete' })
    raw.send({ type: 'ping' })
    await expect.poll(() => raw.messages).toEqual([{ type: 'pong' }])
    raw.socket.close()
  })

  test('offers no compression, so that no message is larger than its bytes', async ({ graphql }) => {
    const raw = await openRaw(graphql.url)
    expect(raw.socket.extensions).toBe('')
    raw.socket.close()
  })

  test('answers a ping without its payload', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url)
    raw.send({ type: 'ping', payload: { long: 'x'.repeat(1_024) } })
    await expect.poll(() => raw.messages).toEqual([{ type: 'pong' }])
    raw.socket.close()
  })

  wholeTest('finishes what is in hand when the server stops, then closes with 1001', async ({ app, graphql }) => {
    const { accessToken } = await graphql.signIn('o_guest')
    const { userId } = await app.deps.db.session.findFirstOrThrow()
    const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })

    const stopping = await whileLocked(app, { table: 'user', key: userId }, async (waiters) => {
      raw.send(operation('mutation { refreshSession { accessToken } }'))
      await waiters(1)
      const stopped = graphql.server.close()
      raw.send(operation('{ __typename }', '2'))
      await expect.poll(() => raw.messages).toHaveLength(1)
      return () => stopped
    })
    expect(stopping).toBeUndefined()
    expect(await raw.closed).toBe(1001)
    expect(raw.messages).toMatchObject([
      { id: '2', type: 'error', payload: [{ extensions: { code: 'UNAVAILABLE' } }] },
      { id: '1', type: 'next', payload: { data: { refreshSession: { accessToken: expect.any(String) } } } },
      { id: '1', type: 'complete' },
    ])
  })

  wholeTest(
    'finishes an operation whose session is still being read when the server stops',
    async ({ app, graphql }) => {
      const { accessToken } = await graphql.signIn('o_guest')
      const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
      const holder = new Client({ connectionString: app.databaseUrl })
      await holder.connect()
      await holder.query('BEGIN')
      await holder.query('LOCK TABLE session')
      raw.send(operation('{ me { nickname } }'))
      // Not through `holder`: inside a transaction pg_stat_activity does not change. The look for ended sessions waits too.
      const waiting = () => app.deps.db.$queryRawUnsafe(`${WAITING_FOR_LOCK} AND query LIKE '%JOIN "user"%'`)
      await expect.poll(waiting).toHaveLength(1)
      const stopped = graphql.server.close()
      await holder.end()
      await stopped

      expect(await raw.closed).toBe(1001)
      expect(raw.messages).toMatchObject([{ type: 'next', payload: { data: { me: {} } } }, { type: 'complete' }])
    },
  )

  wholeTest('closes many sockets one after the other when the server stops', async ({ graphql }) => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openRaw(graphql.url)))
    const openAtFirst = Promise.race(sockets.map(({ closed }) => closed)).then(() => sockets.filter(isOpen).length)
    await graphql.server.close()
    expect(await openAtFirst).toBeGreaterThan(0)
    expect(new Set(await Promise.all(sockets.map(({ closed }) => closed)))).toEqual(new Set([1001]))
  })
})
