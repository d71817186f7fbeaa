import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { addressOf, messageReader, throughPort } from './cut-connection.ts'
import { listen } from './listen.ts'

export interface RoundTrips {
  /** The same database, reached through the proxy that counts. */
  url: string
  /** How often `work` waited for the database's answer. */
  during(work: () => Promise<unknown>): Promise<number>
}

/**
 * Counts round trips to a database: the messages after which a client waits for the server, which are "sync", at the end of
 * each prepared or parameterized statement, and "query".
 *
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export async function countRoundTrips(databaseUrl: string): Promise<RoundTrips> {
  const upstreamOf = addressOf(databaseUrl)
  let count = 0
  const server = createServer((client) => {
    const upstream = upstreamOf()
    const drop = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.setNoDelay().on('error', drop).on('close', drop)
    const read = messageReader({ startsUntyped: true }, (type) => {
      if (type === 'S' || type === 'Q') count += 1
    })
    client.on('data', (bytes: Buffer) => {
      read(bytes)
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
  })
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return {
    url: throughPort(databaseUrl, port),
    during: async (work) => {
      const before = count
      await work()
      return count - before
    },
  }
}
