import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { StreamedTexts } from '../../../src/graphql/context.ts'
import { openEventWriter } from '../../../src/http/graphql/event-writer.ts'
import { UNREAD_MS } from '../../../src/http/limits/connections.ts'
import { NewestStream } from '../../../src/infra/newest-stream.ts'
import { listen } from '../../harness/listen.ts'

const LIFETIME_SECONDS = 100
/** More than the buffers of a connection take. */
const MUCH = 'x'.repeat(16 * 1024 * 1024)

/** A stream of events to a client, whose texts the test makes. */
async function openStream() {
  const writer = openEventWriter({ lifetimeSeconds: LIFETIME_SECONDS })
  const stream = new NewestStream<{ text: string }>()
  const failures: unknown[] = []
  const opened = Promise.withResolvers<ServerResponse>()
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    writer.write(response, textsOf(stream), (_response, error) => failures.push(error))
    opened.resolve(response)
  })
  const client = connect(await listen(server), '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const close = () => {
    writer.stop()
    client.destroy()
    server.close().closeAllConnections()
  }
  closing.push(close)
  const response = await opened.promise
  const closed = once(response, 'close')
  return {
    writer,
    client,
    response,
    closed,
    failures,
    offer: (text: string) => stream.offer({ text }),
    end: () => stream.end(),
  }
}

const closing: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) close()
})

function textsOf(stream: NewestStream<{ text: string }>): StreamedTexts {
  return {
    sendTo(receiver) {
      const read = () =>
        stream.read({
          take: ({ text }) => void send(text).then(read, (error) => receiver.fail(error)),
          end: () => receiver.end(),
        })
      const send = async (text: string) => receiver.send(text)
      read()
    },
    sendAll: () => Promise.reject(new Error('it is sent to a receiver')),
    leave: async () => void (await stream.return()),
  }
}

function receivedBy(client: Socket): () => string {
  let text = ''
  client.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return () => text
}

const countComments = (text: string) => text.split('\r\n:\n\n\r\n').length - 1

describe('a stream of events', () => {
  test('is sent with its head, a comment, its texts and a complete, and leaves its connection open', async () => {
    const { client, offer, end } = await openStream()
    const received = receivedBy(client)
    offer('{"data":1}')
    await expect.poll(received).toContain('event: next\ndata: {"data":1}\n\n')
    end()
    await expect.poll(received).toMatch(/event: complete\ndata:\n\n\r\n0\r\n\r\n$/)
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n[^]*\r\n\r\n3\r\n:\n\n\r\n/)
    expect(client.readableEnded).toBe(false)
  })

  test('is written to in one of twelve sweeps, until it is over', async () => {
    const { writer, client, response, closed, end } = await openStream()
    const received = receivedBy(client)
    await expect.poll(received).toContain(':\n\n')
    for (let round = 0; round < 12; round++) writer.sweep()
    await expect.poll(() => countComments(received())).toBe(2)
    end()
    for (let round = 0; round < 12; round++) writer.sweep()
    await closed
    expect(response.writableFinished).toBe(true)
    await expect.poll(received).toContain('event: complete')
    expect(countComments(received())).toBe(2)
  })

  test('is cut off in the last tenth of its lifetime', async () => {
    const { writer, response, closed } = await openStream()
    const openedAt = performance.now()
    writer.sweep(openedAt + (LIFETIME_SECONDS * 0.9 - 5) * 1_000)
    expect(response.destroyed).toBe(false)
    writer.sweep(openedAt + LIFETIME_SECONDS * 1_000)
    await closed
    expect(response.writableFinished).toBe(false)
  })

  test('says why its texts can not be sent', async () => {
    const { response, offer, failures } = await openStream()
    response.write = () => {
      throw new Error('no room')
    }
    offer('1')
    await expect.poll(() => failures).toMatchObject([{ message: 'no room' }])
  })
})

/** A stream whose client has left as much unread as its connection holds. */
async function openUnread() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const stream = await openStream()
  stream.client.pause()
  expect(stream.response.write(MUCH)).toBe(false)
  return stream
}

describe('a client that reads nothing', () => {
  test('is cut off when it takes nothing of an event for long', async () => {
    const { response, closed, offer } = await openUnread()
    offer('1')
    vi.advanceTimersByTime(UNREAD_MS - 1)
    expect(response.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    await closed
  })

  test('is cut off also when the stream is over', async () => {
    const { response, closed, end } = await openUnread()
    end()
    vi.advanceTimersByTime(UNREAD_MS - 1)
    expect(response.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    await closed
    expect(response.writableFinished).toBe(false)
  })

  test('is left alone when it reads in time, and gets no comments meanwhile', async () => {
    const { writer, client, response, offer } = await openUnread()
    offer('1')
    for (let round = 0; round < 12; round++) writer.sweep()
    const received = receivedBy(client)
    client.resume()
    await expect.poll(() => response.writableNeedDrain).toBe(false)
    vi.advanceTimersByTime(UNREAD_MS)
    offer('the end')
    await expect.poll(() => received().endsWith('data: the end\n\n\r\n')).toBe(true)
    expect(countComments(received())).toBe(1)
  })
})
