import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { freshTapped, givenTapped } from '../../harness/fixtures.ts'
import { type TestGraphql, test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { whileTableLocked } from '../../harness/race.ts'
import { openAcknowledged, openRaw, operation, type RawSocket } from '../../harness/raw-socket.ts'
import { socketCounts } from '../../harness/socket-counts.ts'

const LIMITED = { extensions: { code: 'RATE_LIMITED' } }
const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`
const watching = (sn: string) => `subscription { paymentStatusChanged(sn: "${sn}") { status } }`
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  'sec-websocket-protocol': 'graphql-transport-ws',
}

/** A connection on which an upgrade is requested, with these headers changed. */
function requestUpgrade(url: string, headers: Partial<typeof UPGRADE> = {}) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const lines = Object.entries({ host: 'localhost', ...UPGRADE, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.write(`GET /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

type WayOut = (graphql: TestGraphql, app: TestApp) => Promise<unknown>
const closing = (end: (raw: RawSocket) => void) => async (graphql: TestGraphql) => {
  const raw = await openAcknowledged(graphql.url)
  end(raw)
  return raw.closed
}

const waysOut: [what: string, leave: WayOut][] = [
  ['its client closes it', closing(({ socket }) => socket.close())],
  ['its client cuts it', closing(({ socket }) => socket.terminate())],
  ['its client breaks the protocol', closing((raw) => raw.send('nonsense'))],
  ['its client breaks the framing', closing(({ socket }) => socket.send(Buffer.from([0xff]), { binary: false }))],
  ['its client half-closes the connection', closing(({ socket }) => Reflect.get(socket, '_socket').end())],
  ['its client speaks another protocol', async ({ url }) => (await openRaw(url, [])).closed],
  ['its handshake is refused', ({ url }) => text(requestUpgrade(url, { 'sec-websocket-version': '1' }))],
  [
    'its client leaves during the handshake',
    async ({ url }) => {
      const socket = requestUpgrade(url)
      await once(socket, 'connect')
      socket.destroy()
    },
  ],
  [
    'its session ends',
    async (graphql) => {
      const { accessToken, run } = await graphql.signIn('o_guest')
      const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
      await run('mutation { logout }')
      return raw.closed
    },
  ],
  [
    'its client leaves with an operation in hand',
    async (graphql, app) => {
      const { guest, payment } = await givenTapped(app)
      const { accessToken } = await graphql.as(guest)
      const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
      raw.send(operation(watching(payment.sn), '1'))
      raw.send(operation('mutation { refreshSession { accessToken } }', '2'))
      raw.socket.terminate()
      return raw.closed
    },
  ],
]

describe('the slots of a socket', () => {
  test.override({
    env: { LIMIT_SOCKETS: '1', LIMIT_SOCKETS_PER_ADDRESS: '1', LIMIT_SOCKETS_PER_USER: '1', RATE_LIMIT_FACTOR: '1' },
  })

  test.for(waysOut)('come back when %s', async ([, leave], { app, graphql }) => {
    const { openSockets, openStreams } = socketCounts(app)
    await leave(graphql, app)
    await expect.poll(openSockets).toBe(0)
    await expect.poll(openStreams).toBe(0)
    expect(graphql.server.live.streamCount()).toBe(0)

    const next = await openAcknowledged(graphql.url, {
      authorization: `Bearer ${(await graphql.signIn('o_guest')).accessToken}`,
    })
    next.send(operation('{ me { id } }'))
    await expect.poll(() => next.messages[0]).toMatchObject({ type: 'next', payload: { data: { me: {} } } })
    next.socket.close()
    await next.closed
  })

  test('come back when the server stops', async ({ app, graphql }) => {
    const { openSockets, openStreams } = socketCounts(app)
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
    raw.send(operation(watching(payment.sn)))
    await expect.poll(openStreams).toBe(1)
    await graphql.server.close()
    expect(await raw.closed).toBe(1001)
    await expect.poll(async () => [await openSockets(), await openStreams()]).toEqual([0, 0])
  })
})

describe('a socket beyond the limit', () => {
  describe('per process', () => {
    test.override({ env: { LIMIT_SOCKETS: '1' } })

    test('is refused with 503 and a time', async ({ app, graphql }) => {
      const raw = await openAcknowledged(graphql.url)
      expect(await text(requestUpgrade(graphql.url))).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: \d+\r\n/)
      expect(await socketCounts(app).refusals('sockets')).toBe(1)
      raw.socket.close()
    })
  })

  describe('per address', () => {
    test.override({ env: { LIMIT_SOCKETS_PER_ADDRESS: '1', RATE_LIMIT_FACTOR: '1' } })

    test('is refused with 429 and a time', async ({ app, graphql }) => {
      const raw = await openAcknowledged(graphql.url)
      expect(await text(requestUpgrade(graphql.url))).toMatch(/^HTTP\/1.1 429 .*\r\nRetry-After: \d+\r\n/)
      expect(await socketCounts(app).refusals('socketsPerAddress')).toBe(1)
      raw.socket.close()
    })
  })

  describe('per user', () => {
    test.override({ env: { LIMIT_SOCKETS_PER_USER: '2', RATE_LIMIT_FACTOR: '1' } })

    test('is closed with 4429 and a time, and others are not', async ({ app, graphql }) => {
      const authorization = async (openid: string) => `Bearer ${(await graphql.signIn(openid)).accessToken}`
      const open = async (openid: string) => {
        const raw = await openRaw(graphql.url)
        raw.send({ type: 'connection_init', payload: { authorization: await authorization(openid) } })
        return raw
      }
      const kept = [await open('o_guest'), await open('o_guest'), await open('o_other')]
      await expect.poll(() => kept.every(({ messages }) => messages.length === 1)).toBe(true)

      const refused = await open('o_guest')
      const [code, reason] = await once(refused.socket, 'close')
      expect([code, String(reason)]).toEqual([4429, expect.stringMatching(/ \d+ s\.$/)])
      expect(refused.messages).toEqual([])
      expect(await socketCounts(app).refusals('socketsPerUser')).toBe(1)
      kept[0]?.socket.close()
      await expect.poll(socketCounts(app).openSockets).toBe(2)
      const next = await open('o_guest')
      await expect.poll(() => next.messages).toEqual([{ type: 'connection_ack' }])
      for (const { socket } of [...kept, next]) socket.close()
    })
  })
})

describe('the streams of a user', () => {
  test.override({ env: { LIMIT_STREAMS_PER_USER: '2', RATE_LIMIT_FACTOR: '1' } })
  const refusal = { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) } }

  test('are limited over sockets and server-sent events together', async ({ app, graphql }) => {
    const { openStreams, refusals } = socketCounts(app)
    const { guest, hostUserId, payment } = await freshTapped(app)
    const { accessToken } = await graphql.as(guest)
    const client = openSocket(graphql.url, accessToken)
    const variables = { sn: payment.sn }
    const first = subscribe(client, WATCH, variables)
    const events = await openEventStream(graphql.url, WATCH, { variables, accessToken })
    await expect.poll(() => [first.received.length, events.received.length]).toEqual([1, 1])
    expect(await openStreams()).toBe(2)

    const overSocket = subscribe(client, WATCH, variables)
    const overEvents = await openEventStream(graphql.url, WATCH, { variables, accessToken })
    await expect.poll(() => [overSocket.state(), overEvents.state()]).toEqual(['complete', 'complete'])
    expect([overSocket.received, overEvents.received]).toMatchObject([[{ errors: [refusal] }], [{ errors: [refusal] }]])
    expect(await refusals('streamsPerUser')).toBe(2)
    const host = await graphql.as({ id: hostUserId })
    expect((await host.send(`{ me { id } }`)).errors).toBeUndefined()

    events.leave()
    await expect.poll(openStreams).toBe(1)
    const next = subscribe(client, WATCH, variables)
    await expect.poll(() => next.received).toMatchObject([{ data: {} }])
    await client.dispose()
    await expect.poll(openStreams).toBe(0)
  })

  test('get their slots back when clients leave before the first state, or take no stream', async ({
    app,
    graphql,
  }) => {
    const { openStreams } = socketCounts(app)
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const body = JSON.stringify({ query: WATCH, variables: { sn: payment.sn } })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` }
    const subscribeByHttp = (accept: string, signal?: AbortSignal) =>
      fetch(graphql.url, { method: 'POST', headers: { ...headers, accept }, body, ...(signal && { signal }) })

    for (let round = 0; round < 10; round++) {
      const abort = new AbortController()
      const left = subscribeByHttp('text/event-stream', abort.signal).catch(() => {})
      setTimeout(() => abort.abort(), round * 3)
      await left
      await expect.poll(openStreams).toBe(0)
      expect((await subscribeByHttp('application/json')).status).toBe(406)
    }
    await expect.poll(openStreams).toBe(0)
    const events = await openEventStream(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => events.received).toMatchObject([{ data: {} }])
    events.leave()
  })
})

describe('an event stream', () => {
  test.override({ env: { LIMIT_SOCKET_LIFETIME_SECONDS: '3' } })

  test('is cut at the end of its lifetime, without a complete, so that its client connects again', async ({
    app,
    graphql,
  }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const events = await openEventStream(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => events.state()).toBe('cut')
    await expect.poll(socketCounts(app).openStreams).toBe(0)
  })
})

describe('a socket that is cut while the session of its operations is read', () => {
  test.override({ env: { LIMIT_OPERATIONS_IN_HAND_PER_CLIENT: '1', RATE_LIMIT_FACTOR: '1' } })

  test('leaves no operation of its user in hand', async ({ app, graphql }) => {
    const { accessToken, run, send } = await graphql.signIn('o_guest')
    const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
    await whileTableLocked(
      app,
      'session',
      async () => {
        raw.send(operation('{ me { id } }', '1'))
        raw.send(operation('{ me { id } }', '2'))
        await expect.poll(() => raw.messages).toMatchObject([{ id: '2', payload: [LIMITED] }])
        raw.socket.terminate()
        return () => raw.closed
      },
      'reads',
    )
    await expect.poll(async () => (await send('{ me { id } }')).errors).toBeUndefined()
    expect(await run('{ me { nickname } }')).toMatchObject({ me: {} })
  })
})

describe('a socket that starts streams under one id again and again', () => {
  test('takes all of them with it', async ({ app, graphql }) => {
    const { openStreams } = socketCounts(app)
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const raw = await openAcknowledged(graphql.url, { authorization: `Bearer ${accessToken}` })
    for (let turn = 0; turn < 4; turn++) {
      if (turn > 0) raw.send({ id: '1', type: 'complete' })
      raw.send(operation(watching(payment.sn)))
    }
    await expect.poll(() => raw.messages.length).toBeGreaterThan(0)
    raw.socket.terminate()
    await raw.closed
    await expect.poll(openStreams).toBe(0)
    expect(graphql.server.live.streamCount()).toBe(0)
  })
})
