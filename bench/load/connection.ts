import { connect, type Socket } from 'node:net'

interface RawAnswer {
  status: number
  body: string
}

export interface Connection {
  /** Sends a whole request, and resolves with its answer; one at a time. */
  send(request: Buffer): Promise<RawAnswer>
  close(): void
}

/** A request as bytes, so that a load generator spends nothing on building it. */
export function encodeRequest(
  url: string,
  { method, path, headers, body }: { method: string; path: string; headers: Record<string, string>; body: string },
): Buffer {
  const all = { host: new URL(url).host, ...headers, 'content-length': `${Buffer.byteLength(body)}` }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** One kept HTTP connection. node:http's client would cost as much as what is measured. */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay()
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let waiting: PromiseWithResolvers<RawAnswer> | undefined
  let received: Buffer = Buffer.alloc(0)
  const fail = (error?: Error) => waiting?.reject(error ?? new Error(`${url} closed the connection`))
  socket.on('error', fail).on('close', () => fail())
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const found = readAnswer(received)
    if (!found) return
    received = Buffer.alloc(0)
    const done = waiting
    waiting = undefined
    done?.resolve(found)
  })
  return {
    send: (request) => {
      waiting = Promise.withResolvers<RawAnswer>()
      socket.write(request)
      return waiting.promise
    },
    close: () => destroy(socket),
  }
}

function destroy(socket: Socket): void {
  socket.removeAllListeners('close').destroy()
}

/** Undefined while some of it is missing. */
function readAnswer(bytes: Buffer): RawAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase()
  const status = Number(head.slice(9, 12))
  const bodyStart = headEnd + 4
  if (status === 204) return { status, body: '' }
  if (head.includes('transfer-encoding: chunked')) {
    const isWhole = bytes.subarray(-5).toString('latin1') === '0\r\n\r\n'
    return isWhole ? { status, body: bytes.toString('utf8', bodyStart) } : undefined
  }
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0)
  return bytes.length < bodyStart + length ? undefined : { status, body: bytes.toString('utf8', bodyStart) }
}
