import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createSelfSignedCertificate } from '@looklook-pay/sandbox/certificate'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NoAnswerError, openHttpClient } from '../../../src/wechat/http.ts'
import { createWechatWatch } from '../../../src/wechat/watch.ts'

const LONG_MS = 120_000

/** A server that keeps connections for ever, and how many it has. */
async function startServer() {
  return listening(createServer((_request, response) => response.end('{}')))
}

async function listening(server: Server, origin = 'http://127.0.0.1') {
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  let made = 0
  server.on('connection', () => {
    made += 1
  })
  return {
    url: new URL(`${origin}:${(server.address() as AddressInfo).port}/`),
    made: () => made,
    open: () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
  }
}

/** A server that gives each request of a connection, however short, what `answer` does with it. */
async function startRawServer(answer: (socket: Socket, request: number) => void, scheme = 'http') {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    let requests = 0
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    socket.on('data', () => {
      requests += 1
      answer(socket, requests)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    open: () => sockets.size,
  }
}

function openClient({ keptMs = LONG_MS, connectMs = LONG_MS } = {}) {
  const watch = createWechatWatch({})
  const client = openHttpClient({ api: 'pay', connectMs, keptMs, now: () => new Date(), watch })
  onTestFinished(() => client.close())
  const get = (url: URL, headers: Record<string, string> = {}) =>
    client.exchange({ method: 'GET', url, headers, timeoutMs: LONG_MS, maxBytes: 1_000 })
  return { get, close: () => client.close() }
}

describe('a kept connection', () => {
  test('is used again', async () => {
    const server = await startServer()
    const { get } = openClient()
    await get(server.url)
    await get(server.url)
    expect([server.made(), await server.open()]).toEqual([1, 1])
  })

  test('is ended by us when it isn’t used for a while, before a router forgets it', async () => {
    const server = await startServer()
    await openClient({ keptMs: 10 }).get(server.url)
    await expect.poll(server.open).toBe(0)
  })

  test('isn’t kept when the server says that it ends it', async () => {
    const server = await startRawServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}')
    })
    const { get } = openClient()
    expect((await get(server.url)).status).toBe(200)
    expect((await get(server.url)).status).toBe(200)
  })

  test('says so when it breaks', async () => {
    const server = await startRawServer((socket, request) => {
      if (request === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      else socket.destroy()
    })
    const { get } = openClient()
    await get(server.url)
    await expect(get(server.url)).rejects.toMatchObject({ code: 'ECONNRESET', mayHaveArrived: true, wasKept: true })
  })

  test('is verified once over TLS, and used again', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const cert = createSelfSignedCertificate({
      publicKey,
      privateKey,
      serial: '01',
      organization: 'Test',
      commonName: 'localhost',
      startsAt: Date.now() - 86_400_000,
      endsAt: Date.now() + 86_400_000,
    })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, cert])
    onTestFinished(() => setDefaultCACertificates(trusted))
    const tls = createTlsServer({ key, cert }, (_request, response) => response.end('{}'))
    const server = await listening(tls, 'https://localhost')
    const { get } = openClient()
    await get(server.url)
    expect((await get(server.url)).body.toString()).toBe('{}')
    expect(server.made()).toBe(1)
  })
})

describe('an answer', () => {
  test.each([
    ['with its length', 'content-length: 4\r\n\r\nabcd'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n'],
    ['until the connection ends', 'connection: close\r\n\r\nabcd'],
  ])('is read whole %s', async (_how, rest) => {
    const server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
      if (rest.includes('close')) socket.end()
    })
    expect((await openClient().get(server.url)).body.toString()).toBe('abcd')
  })

  test('isn’t what comes before it', async () => {
    const server = await startRawServer((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    })
    expect(await openClient().get(server.url)).toMatchObject({ status: 200 })
  })

  test('that is cut short is none', async () => {
    const server = await startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'))
    const failure = { code: 'ECONNRESET', mayHaveArrived: true, wasKept: false }
    await expect(openClient().get(server.url)).rejects.toMatchObject(failure)
  })

  test.each(['', 'connection: close\r\n'])('that is too long is none, and ends its connection: %j', async (head) => {
    let length = 1_001
    const server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}content-length: ${length}\r\n\r\n${'x'.repeat(length)}`)
      length = 1_000
    })
    const { get } = openClient()
    await expect(get(server.url)).rejects.toMatchObject({ code: 'TOO_LONG', mayHaveArrived: true })
    await expect.poll(server.open).toBe(0)
    expect((await get(server.url)).body).toHaveLength(1_000)
  })
})

describe('a connection that is never made', () => {
  test('is given up after its time', async () => {
    const server = await startRawServer(() => undefined, 'https')
    const failure = { code: 'CONNECT_TIMEOUT', mayHaveArrived: false, wasKept: false }
    await expect(openClient({ connectMs: 20 }).get(server.url)).rejects.toMatchObject(failure)
    await expect.poll(server.open).toBe(0)
  })

  test('is given up when the client is closed', async () => {
    const server = await startRawServer(() => undefined, 'https')
    const { get, close } = openClient()
    const answer = get(server.url)
    await expect.poll(server.open).toBe(1)
    close()
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED', mayHaveArrived: false })
    await expect.poll(server.open).toBe(0)
  })
})

test('a request that can’t be sent is no missing answer', async () => {
  const server = await startServer()
  const sent = openClient().get(server.url, { accept: 'a\r\nb: c' })
  await expect(sent).rejects.toThrow(/header/)
  await expect(sent).rejects.not.toBeInstanceOf(NoAnswerError)
  expect(server.made()).toBe(0)
})

describe('an answer that didn’t come', () => {
  test.each([
    ['CERT_HAS_EXPIRED', true],
    ['CERT_NOT_YET_VALID', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['ECONNRESET', false],
    ['ENOTFOUND', false],
    ['TIMEOUT', false],
  ])('for the reason %s is one of trust: %s', (code, isUntrusted) => {
    expect(new NoAnswerError(code, false)).toMatchObject({ isUntrusted })
  })
})
