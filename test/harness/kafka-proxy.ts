import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listen } from './listen.ts'

/** A broker as its clients reach it, until it can't be reached any more. */
export interface KafkaProxy {
  address: string
  /** Refuses connections from here on, and cuts those that there are. */
  refuse(): Promise<void>
  /** Accepts connections again. */
  accept(): Promise<void>
  /**
   * Cuts the connection of the next produce: when half of it has gone to the broker, or when the broker has confirmed it and
   * the producer hasn't heard of that. Resolves once that has happened.
   */
  cutProduce(where: 'halfway' | 'confirmed'): Promise<void>
  /** How many requests wait for the broker's answer. */
  unanswered(): number
}

/** A proxy on the way to a broker. The broker tells its clients its own address: on the way back it becomes the proxy's. */
export async function openKafkaProxy(broker: string): Promise<KafkaProxy> {
  const [host = '', brokerPort] = broker.split(':')
  const connections = new Set<Connection>()
  let armed: Cut | null = null
  const takeCut = () => {
    const cut = armed
    armed = null
    return cut
  }
  const server = createServer((client) => {
    const upstream = connect(Number(brokerPort), host)
    const connection = forward(client, upstream, { takeCut, toProxy })
    connections.add(connection)
    client.once('close', () => connections.delete(connection))
  })
  const port = await listen(server)
  const [own, ours] = [addressBytes(host, Number(brokerPort)), addressBytes(host, port)]
  const toProxy = (message: Buffer) => {
    const at = message.indexOf(own)
    return at < 0 ? message : Buffer.concat([message.subarray(0, at), ours, message.subarray(at + own.length)])
  }
  const cutAll = () => {
    for (const { drop } of connections) drop()
  }
  onTestFinished(() => {
    server.close()
    cutAll()
  })
  return {
    address: `${host}:${port}`,
    refuse: async () => {
      const closed = once(server, 'close')
      server.close()
      cutAll()
      await closed
    },
    accept: async () => {
      server.listen(port, host)
      await once(server, 'listening')
    },
    cutProduce: (where) => new Promise((done) => (armed = { where, done })),
    unanswered: () => [...connections].reduce((sum, { unanswered }) => sum + unanswered(), 0),
  }
}

interface Cut {
  where: 'halfway' | 'confirmed'
  done: () => void
}

interface Connection {
  drop(): void
  unanswered(): number
}

/** The number of the request "produce". */
const PRODUCE = 0

interface Forwarding {
  /** The cut that waits for a produce, if there is one; no other produce gets it. */
  takeCut(): Cut | null
  toProxy(message: Buffer): Buffer
}

function forward(client: Socket, upstream: Socket, { takeCut, toProxy }: Forwarding): Connection {
  const drop = () => {
    client.destroy()
    upstream.destroy()
  }
  for (const socket of [client, upstream]) socket.setNoDelay().on('error', drop).on('close', drop)
  let unanswered = 0
  const cuts = new Map<number, Cut>()
  const fromClient = messageReader((message) => {
    unanswered += 1
    const cut = message.readInt16BE(4) === PRODUCE ? takeCut() : null
    if (cut?.where === 'halfway') {
      upstream.write(message.subarray(0, message.length / 2), () => {
        drop()
        cut.done()
      })
      return
    }
    if (cut) cuts.set(message.readInt32BE(8), cut)
    upstream.write(message)
  })
  const fromBroker = messageReader((message) => {
    unanswered -= 1
    const cut = cuts.get(message.readInt32BE(4))
    if (!cut) return void client.write(toProxy(message))
    drop()
    cut.done()
  })
  client.on('data', fromClient)
  upstream.on('data', fromBroker)
  return { drop, unanswered: () => unanswered }
}

/** Gets bytes as they come. Calls `take` with each message: its length, in four bytes, and so many bytes. */
function messageReader(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      const message = rest.subarray(0, end)
      rest = rest.subarray(end)
      take(message)
    }
  }
}

/** How the protocol writes an address, in whatever version. */
function addressBytes(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(port)
  return Buffer.concat([Buffer.from(host), bytes])
}
