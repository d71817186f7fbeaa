import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { listen } from './listen.ts'
import { addressOf, throughPort } from './postgres-messages.ts'

/** A length of 4 bytes, then fields of a type byte and text; the whole under its own type byte. */
function errorResponse(fields: Record<string, string>): Buffer {
  const body = Object.entries(fields).map(([type, text]) => `${type}${text}\0`)
  const bytes = Buffer.from(`${body.join('')}\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

const TERMINATED = errorResponse({
  S: 'FATAL',
  V: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
})

/** The last message of the greeting, and of each answer: "ready for query", in no transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 'I'.charCodeAt(0)])

/**
 * The URL of the same database behind a proxy that ends a connection at the worst moment: the nth message "ready for
 * query" of each connection comes in one packet with the end by an administrator.
 */
export async function endingAfterReady(databaseUrl: string, nth: number): Promise<string> {
  const upstreamOf = addressOf(databaseUrl)
  const server = createServer((client) => {
    const upstream = upstreamOf()
    let seen = 0
    const drop = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', drop).on('close', drop)
    client.on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (bytes.subarray(-READY.length).equals(READY)) seen += 1
      if (seen < nth) return client.write(bytes)
      upstream.destroy()
      return client.end(Buffer.concat([bytes, TERMINATED]))
    })
  })
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return throughPort(databaseUrl, port)
}

/** The same behind a proxy that lets clients in and then says nothing, as PgBouncer does while PostgreSQL is silent. */
export async function silentAfterLogin(databaseUrl: string): Promise<string> {
  const upstreamOf = addressOf(databaseUrl)
  const server = createServer((client) => {
    const upstream = upstreamOf()
    let isIn = false
    const drop = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', drop).on('close', drop)
    client.on('data', (bytes) => {
      if (!isIn) upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      client.write(bytes)
      isIn = bytes.subarray(-READY.length).equals(READY)
    })
  })
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return throughPort(databaseUrl, port)
}
