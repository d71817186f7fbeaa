import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { givenTapped } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openTestHttpServer } from '../../harness/http-server.ts'
import { openRaw } from '../../harness/raw-socket.ts'

const PING = 'GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n'

interface Connection {
  socket: Socket
  send(text: string): void
  /** What the server sent so far. */
  received(): string
  /** Resolves when the server has ended the connection. */
  ended: Promise<void>
}

/** A connection that sends only what the test sends. It keeps its half open, as a hostile client does. */
async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let received = ''
  socket.on('data', (chunk) => (received += String(chunk)))
  socket.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  return { socket, send: (text) => void socket.write(text), received: () => received, ended }
}

/** What a new connection gets for a request. */
async function tryRequest(url: string): Promise<string> {
  const connection = await openConnection(url)
  connection.send(PING.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'))
  await connection.ended
  connection.socket.destroy()
  return connection.received().split('\r\n', 1)[0] ?? ''
}

async function refusalsOf({ deps }: TestApp, limit: string): Promise<number> {
  const { values } = await deps.metrics.limitRefusals.get()
  return values.find(({ labels }) => labels['limit'] === limit)?.value ?? 0
}

/** Opens connections, each of which has been answered. */
async function hold(url: string, count: number): Promise<Connection[]> {
  const held = await Promise.all(Array.from({ length: count }, () => openConnection(url)))
  for (const connection of held) connection.send(PING)
  await expect.poll(() => held.every((each) => each.received().startsWith('HTTP/1.1 200 OK'))).toBe(true)
  return held
}

describe('the connections of an address', () => {
  test.override({ env: { LIMIT_CONNECTIONS_PER_ADDRESS: '2', RATE_LIMIT_FACTOR: '1.5' } })

  test('one too many is refused at once with 429, and slots come back with the others', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const [first] = await hold(url, 3)
    const refused = await openConnection(url)
    await refused.ended
    expect(refused.received()).toMatch(/^HTTP\/1\.1 429 [^]*\r\nRetry-After: \d+\r\nConnection: close\r\n/)
    expect(await refusalsOf(app, 'connectionsPerAddress')).toBe(1)

    first?.socket.destroy()
    await expect.poll(() => tryRequest(url)).toBe('HTTP/1.1 200 OK')
  })

  test('slots come back whatever ends a connection', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const ends = [
      'no HTTP at all\r\n\r\n',
      'GET /elsewhere HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      'POST /nothing HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n',
      `GET /healthz HTTP/1.1\r\nhost: test\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      'POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-length: 99\r\ncontent-length: 98\r\n\r\n',
    ]
    for (const text of ends) {
      const connections = await Promise.all([1, 2, 3].map(() => openConnection(url)))
      for (const connection of connections) connection.send(text)
      await Promise.all(connections.map(({ ended }) => ended))
      expect(connections.map((each) => each.received().slice(0, 12))).toEqual(
        connections.map(() => expect.stringMatching(/^HTTP\/1\.1 4\d\d$/)),
      )
      // Their clients still keep the other half open.
      await expect.poll(() => tryRequest(url)).toBe('HTTP/1.1 200 OK')
    }
  })

  test('WebSockets are connections too', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const sockets = await Promise.all([1, 2, 3].map(() => openRaw(`${url}/graphql`)))
    expect(await tryRequest(url)).toBe('HTTP/1.1 429 Too Many Requests')
    for (const { socket } of sockets) socket.terminate()
    await expect.poll(() => tryRequest(url)).toBe('HTTP/1.1 200 OK')
  })
})

describe('the connections of a process', () => {
  test.override({ env: { LIMIT_CONNECTIONS: '2' } })

  test('one too many is refused at once with 503', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const [first] = await hold(url, 2)
    expect(await tryRequest(url)).toBe('HTTP/1.1 503 Service Unavailable')
    expect(await refusalsOf(app, 'connections')).toBe(1)
    first?.socket.destroy()
    await expect.poll(() => tryRequest(url)).toBe('HTTP/1.1 200 OK')
  })
})

describe('an address behind a proxy', () => {
  test.override({ env: { LIMIT_CONNECTIONS_PER_ADDRESS: '2', TRUSTED_PROXIES: '1', RATE_LIMIT_FACTOR: '1' } })

  test('is limited by what it has in hand, and the others of that proxy are not', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const { url } = await openTestHttpServer(app)
    const left = new AbortController()
    const stream = (address: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          authorization: `Bearer ${accessToken}`,
          'x-forwarded-for': `192.0.2.1, ${address}`,
        },
        body: JSON.stringify({ query: `subscription { paymentStatusChanged(sn: "${payment.sn}") { status } }` }),
        signal: left.signal,
      })
    const ask = (address: string) => fetch(`${url}/healthz`, { headers: { 'x-forwarded-for': address } })
    const statusOf = async (address: string) => (await ask(address)).status

    expect([(await stream('203.0.113.1')).status, (await stream('203.0.113.1')).status]).toEqual([200, 200])
    const refused = await ask('203.0.113.1')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 5 } }],
    })
    expect(await statusOf('203.0.113.2')).toBe(200)

    left.abort()
    await expect.poll(() => statusOf('203.0.113.1')).toBe(200)
  })
})

describe('the requests of a connection', () => {
  test.override({ env: { LIMIT_REQUESTS_IN_HAND_PER_CONNECTION: '3' } })

  test('answers as many at once as may be in hand, in order', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const connection = await openConnection(url)
    connection.send(PING + PING.replace('healthz', 'nothing') + PING)
    await expect
      .poll(() => connection.received().match(/HTTP\/1\.1 \d+/g))
      .toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
    connection.send(PING)
    await expect.poll(() => connection.received().match(/HTTP\/1\.1 \d+/g)).toHaveLength(4)
  })

  test('ends a connection that sends more before they are answered, and works on no more of them', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const connection = await openConnection(url)
    connection.send(PING.repeat(1_000))
    await connection.ended
    expect((connection.received().match(/HTTP\/1\.1 200/g) ?? []).length).toBeLessThanOrEqual(3)
    expect(await refusalsOf(app, 'requestsInHandPerConnection')).toBe(1)
    expect(await tryRequest(url)).toBe('HTTP/1.1 200 OK')
  })
})

describe('a connection that waits', () => {
  test.override({ env: { LIMIT_REQUEST_ARRIVAL_SECONDS: '1', LIMIT_IDLE_CONNECTION_SECONDS: '1' } })

  test.for([
    ['nothing', ''],
    ['half a header', 'POST /graphql HTTP/1.1\r\nhost: te'],
    [
      'half a body',
      'POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
    ],
    ['half a notice', 'POST /wechat/pay/notify HTTP/1.1\r\nhost: test\r\ncontent-length: 50\r\n\r\n{'],
  ])('is ended when it sends %s', async ([, text = ''], { app }) => {
    const { url } = await openTestHttpServer(app)
    const connection = await openConnection(url)
    connection.send(text)
    await connection.ended
    expect(connection.received()).toMatch(/^HTTP\/1\.1 408 /)
    expect(await refusalsOf(app, 'requestArrivalSeconds')).toBe(1)
  })

  test('is ended after its answer when no other request follows', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const [connection] = await hold(url, 1)
    await connection?.ended
  })
})

describe('a refusal of what was not read', () => {
  const big = 'x'.repeat(10_000)
  test.for([
    ['404', 'POST /nothing', 'text/plain'],
    ['405', 'PUT /wechat/pay/notify', 'text/plain'],
    ['405', 'POST /healthz', 'text/plain'],
    ['413', 'POST /wechat/pay/notify', 'application/json'],
    ['413', 'POST /graphql', 'application/json'],
    ['415', 'POST /graphql', 'text/plain'],
  ])('ends the connection with a %s to %s', async ([status, line, type], { app }) => {
    const { url } = await openTestHttpServer(app)
    const connection = await openConnection(url)
    connection.send(`${line} HTTP/1.1\r\nhost: test\r\ncontent-type: ${type}\r\ncontent-length: 999999\r\n\r\n${big}`)
    await connection.ended
    expect(connection.received()).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close`, 'i'))
  })

  test('keeps the connection after a refusal of a request without a body', async ({ app }) => {
    const { url } = await openTestHttpServer(app)
    const connection = await openConnection(url)
    connection.send(PING.replace('healthz', 'nothing'))
    await expect.poll(() => connection.received()).toMatch(/^HTTP\/1\.1 404 /)
    connection.send(PING)
    await expect.poll(() => connection.received()).toMatch(/HTTP\/1\.1 200 /)
  })
})
