import { createServer, type Socket } from 'node:net'
import { listen } from './listen.ts'
import { addressOf, messageReader, throughPort } from './postgres-messages.ts'

/** A database behind a proxy that counts round trips, and may be as far away as wanted. */
export interface DistantDatabase {
  /** The same database, through the proxy. */
  url: string
  /**
   * The round trips so far: how often somebody sent what the server answers with "ready for query", that is a simple
   * query or a Sync, however many messages went before it. Logging in isn't counted.
   */
  roundTrips(): number
  close(): void
}

/** @param options.delayMs how much later each packet reaches the server: the time that a round trip takes there and back. */
export async function openDistantDatabase(
  databaseUrl: string,
  { delayMs = 0 }: { delayMs?: number } = {},
): Promise<DistantDatabase> {
  const upstreamOf = addressOf(databaseUrl)
  const sockets = new Set<Socket>()
  let roundTrips = 0
  const server = createServer((client) => {
    const upstream = upstreamOf()
    const drop = () => {
      client.destroy()
      upstream.destroy()
      sockets.delete(client)
    }
    sockets.add(client)
    // Without this, each small message waits 40 ms for the other side's acknowledgement.
    for (const socket of [client, upstream]) socket.setNoDelay().on('error', drop).on('close', drop)
    const count = messageReader({ startsUntyped: true }, (type) => {
      if (type === 'Q' || type === 'S') roundTrips += 1
    })
    client.on('data', (bytes: Buffer) => {
      count(bytes)
      if (delayMs > 0) setTimeout(() => upstream.write(bytes), delayMs)
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
  })
  const port = await listen(server)
  return {
    url: throughPort(databaseUrl, port),
    roundTrips: () => roundTrips,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
