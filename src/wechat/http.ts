import http from 'node:http'
import https from 'node:https'

interface HttpRequest {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  body?: string
  /** How long the whole exchange may take, body included. */
  timeoutMs: number
  /** The most bytes that an answer's body may have; a longer one is an error. */
  maxBytes: number
}

export interface HttpAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  /** The bytes as received, never decompressed. */
  body: Buffer
}

export interface HttpClient {
  exchange(request: HttpRequest): Promise<HttpAnswer>
  /** Aborts every exchange in progress, and refuses new ones. */
  close(): void
  closing: AbortSignal
}

/** No answer arrived, or not all of it. Names neither URL nor headers, since both may contain secrets. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly code: string
  /** False when no connection was made, so that the server can't have seen the request. */
  readonly mayHaveArrived: boolean

  constructor(code: string, mayHaveArrived: boolean) {
    super(`No answer (${code})`)
    this.code = code
    this.mayHaveArrived = mayHaveArrived
  }
}

/**
 * A plain HTTP client with keep-alive: it follows no redirects and decompresses nothing. On node:http, because the
 * built-in fetch has no connect time-out.
 */
export function openHttpClient({ connectMs }: { connectMs: number }): HttpClient {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) }
  const closing = new AbortController()
  return {
    closing: closing.signal,
    exchange: (request) => {
      if (closing.signal.aborted) return Promise.reject(new NoAnswerError('CLOSED', false))
      const agent = agents[request.url.protocol === 'https:' ? 'https:' : 'http:']
      return exchange(agent, connectMs, request)
    },
    close: () => {
      closing.abort()
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

function exchange(agent: http.Agent, connectMs: number, request: HttpRequest): Promise<HttpAnswer> {
  const { url, method, headers, body, timeoutMs, maxBytes } = request
  const isSecure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? https : http).request(url, { method, headers, agent })
    let mayHaveArrived = false
    let connectTimer: NodeJS.Timeout | undefined
    let stoppedFor: string | undefined
    const stop = (code: string) => {
      stoppedFor = code
      outgoing.destroy(new Error(code))
    }
    const totalTimer = setTimeout(stop, timeoutMs, 'TIMEOUT')
    const settle = () => {
      clearTimeout(totalTimer)
      clearTimeout(connectTimer)
    }
    const fail = (error: Error) => {
      settle()
      reject(new NoAnswerError(stoppedFor ?? errorCode(error), mayHaveArrived))
    }
    outgoing.on('socket', (socket) => {
      const connected = () => {
        clearTimeout(connectTimer)
        mayHaveArrived = true
      }
      if (outgoing.reusedSocket) return connected()
      connectTimer = setTimeout(stop, connectMs, 'CONNECT_TIMEOUT')
      socket.once(isSecure ? 'secureConnect' : 'connect', connected)
    })
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      readAll(incoming, maxBytes)
        .then((bytes) => {
          settle()
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes })
        })
        .catch((error: Error) => {
          outgoing.destroy()
          fail(error)
        })
    })
    outgoing.end(body)
  })
}

function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name
}

async function readAll(incoming: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw Object.assign(new Error('Too long'), { code: 'TOO_LONG' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
