import { connect, createServer, type Server, type Socket } from 'node:net'
import { listen } from '../harness/listen.ts'
import { addressOf, messageReader } from '../harness/postgres-messages.ts'

const IDLE = 'I'.charCodeAt(0)

/** Calls to WeChat by what they do, in the order in which they are told apart. */
const CALLS: [RegExp, string][] = [
  [/^POST \S+\/jsapi /, 'prepay'],
  [/^POST \S+\/close /, 'close'],
  [/^GET \S+\/out-trade-no\//, 'query'],
  [/^POST \S+\/refunds /, 'refund'],
  [/^GET \S+\/refunds\//, 'refund query'],
  [/^POST \S+\/message\/subscribe\/send/, 'message'],
  [/^POST \S+\/upload_shipping_info/, 'shipping upload'],
]

/** Where a process can be met: around each statement and commit, and each call to WeChat. */
export type Place =
  | 'before a statement'
  | 'before a commit'
  | 'after a commit'
  | `before a ${string} at WeChat`
  | `after a ${string} at WeChat`

/** Meets the next process that comes to a place; nothing of what it was about to send gets through. */
export interface Failpoints {
  /** Calls `meet` with the name of the process that comes there as the nth from now on. */
  arm(place: Place, nth: number, meet: (process: string) => void): void
  disarm(): void
  /** The port by which this process reaches the database. */
  toDatabase(process: string, databaseUrl: string): Promise<number>
  /** The port by which this process reaches WeChat. */
  toWechat(process: string, wechatPort: number): Promise<number>
  close(): void
}

export function openFailpoints(): Failpoints {
  let armed: { place: Place; nth: number; meet: (process: string) => void } | undefined
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  /** Whether the process was met there. */
  const comes = (process: string, place: Place): boolean => {
    if (armed?.place !== place) return false
    armed.nth -= 1
    if (armed.nth > 0) return false
    const { meet } = armed
    armed = undefined
    meet(process)
    return true
  }
  const between = async (upstreamOf: () => Socket, join: (pair: Pair) => void): Promise<number> => {
    const server = createServer((client) => {
      const pair = joinSockets(client, upstreamOf())
      for (const socket of [pair.client, pair.upstream]) {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
      }
      join(pair)
    })
    servers.push(server)
    return listen(server)
  }
  return {
    arm: (place, nth, meet) => {
      armed = { place, nth, meet }
    },
    disarm: () => {
      armed = undefined
    },
    toDatabase: (process, databaseUrl) =>
      between(addressOf(databaseUrl), (pair) => watchStatements(pair, process, comes)),
    toWechat: (process, port) =>
      between(
        () => connect(port, '127.0.0.1'),
        (pair) => watchCalls(pair, process, comes),
      ),
    close: () => {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

interface Pair {
  client: Socket
  upstream: Socket
  drop(): void
}

type Comes = (process: string, place: Place) => boolean

function joinSockets(client: Socket, upstream: Socket): Pair {
  const drop = () => {
    client.destroy()
    upstream.destroy()
  }
  // Without this, each small message waits 40 ms for the other side's acknowledgement.
  for (const socket of [client, upstream]) socket.setNoDelay().on('error', drop).on('close', drop)
  return { client, upstream, drop }
}

/** After the message's type and length stands its text. */
function isCommit(type: string, bytes: Buffer): boolean {
  return type === 'Q' && bytes.toString('latin1', 5, 11).toUpperCase() === 'COMMIT'
}

function watchStatements({ client, upstream, drop }: Pair, process: string, comes: Comes): void {
  let isGreeted = false
  const fromClient = messageReader({ startsUntyped: true }, (type, bytes) => {
    const isStatement = type === 'Q' || type === 'B'
    const isMet =
      (isStatement && comes(process, 'before a statement')) ||
      (isCommit(type, bytes) && comes(process, 'before a commit'))
    if (isMet) drop()
    else upstream.write(bytes)
  })
  const fromServer = messageReader({ startsUntyped: false }, (type, bytes) => {
    // "Ready for query", and in no transaction: what was sent is committed.
    const isReady = type === 'Z' && bytes.at(-1) === IDLE
    if (isReady && isGreeted && comes(process, 'after a commit')) return drop()
    isGreeted ||= isReady
    client.write(bytes)
  })
  client.on('data', fromClient)
  upstream.on('data', fromServer)
}

function watchCalls({ client, upstream, drop }: Pair, process: string, comes: Comes): void {
  let call: string | undefined
  client.on('data', (chunk: Buffer) => {
    const head = chunk.subarray(0, 300).toString('latin1')
    call = CALLS.find(([pattern]) => pattern.test(head))?.[1] ?? call
    if (call !== undefined && /^(GET|POST) /.test(head) && comes(process, `before a ${call} at WeChat`)) drop()
    else upstream.write(chunk)
  })
  upstream.on('data', (chunk: Buffer) => {
    if (call !== undefined && comes(process, `after a ${call} at WeChat`)) return drop()
    client.write(chunk)
  })
}
