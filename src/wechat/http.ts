import http from 'node:http'
import https from 'node:https'
import type { WechatApi, WechatWatch } from './watch.ts'

/**
 * How long a connection is kept without use. Routers on the way forget an idle connection, some after a minute, and then
 * swallow what is sent over it.
 */
const KEPT_MS = 15_000

/** Of a {@link NoAnswerError}: a kept connection gave no answer in time. */
const KEPT_SILENT = 'KEPT_CONNECTION_SILENT'

interface HttpRequest {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  body?: string
  /** How long the whole exchange may take, body included. */
  timeoutMs: number
  /** How long an answer on a kept connection may take to begin; as long as on a new one when absent. */
  keptAnswerMs?: number
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
  /** True when the connection was a kept one: that it failed says nothing about the server. */
  readonly wasKept: boolean

  constructor(code: string, mayHaveArrived: boolean, wasKept = false) {
    super(`No answer (${code})`)
    this.code = code
    this.mayHaveArrived = mayHaveArrived
    this.wasKept = wasKept
  }

  /** True when the server's TLS certificate isn't accepted. */
  get isUntrusted(): boolean {
    return /CERT|^UNABLE_TO_|^ERR_TLS_/.test(this.code)
  }
}

export interface HttpClientOptions {
  api: WechatApi
  /** How long connecting may take. */
  connectMs: number
  /** How long a connection is kept without use. */
  keptMs?: number
  now: () => Date
  /** Is told when each answer was sent. */
  watch: WechatWatch
}

/**
 * A plain HTTP client with keep-alive: it follows no redirects and decompresses nothing. On node:http, because the
 * built-in fetch has no connect time-out. When a kept connection fails, all that are free are given up with it: they
 * are as old.
 */
export function openHttpClient({ api, connectMs, keptMs = KEPT_MS, now, watch }: HttpClientOptions): HttpClient {
  const kept = { keepAlive: true, timeout: keptMs }
  const agents = { 'http:': new http.Agent(kept), 'https:': new https.Agent(kept) }
  const closing = new AbortController()
  return {
    closing: closing.signal,
    exchange: async (request) => {
      if (closing.signal.aborted) throw new NoAnswerError('CLOSED', false)
      const agent = agents[request.url.protocol === 'https:' ? 'https:' : 'http:']
      const sentAtMs = now().getTime()
      try {
        return await exchange(agent, connectMs, request, ({ date }) => {
          watch.answered({ api, date, sentAtMs, receivedAtMs: now().getTime() })
        })
      } catch (error) {
        if (error instanceof NoAnswerError && error.wasKept) endFree(agent)
        throw error
      }
    },
    close: () => {
      closing.abort()
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

function endFree({ freeSockets }: http.Agent): void {
  for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
}

function exchange(
  agent: http.Agent,
  connectMs: number,
  request: HttpRequest,
  onHead: (headers: http.IncomingHttpHeaders) => void,
): Promise<HttpAnswer> {
  const { url, method, headers, body, timeoutMs, maxBytes } = request
  const isSecure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? https : http).request(url, { method, headers, agent })
    let stoppedFor: string | undefined
    const stop = (code: string) => {
      stoppedFor = code
      outgoing.destroy(new Error(code))
    }
    const step = limitSteps(outgoing, { isSecure, connectMs, keptAnswerMs: request.keptAnswerMs, stop })
    const totalTimer = setTimeout(stop, timeoutMs, 'TIMEOUT')
    const settle = () => {
      clearTimeout(totalTimer)
      step.end()
    }
    const fail = (error: Error) => {
      settle()
      reject(new NoAnswerError(stoppedFor ?? errorCode(error), step.mayHaveArrived(), outgoing.reusedSocket))
    }
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      step.end()
      onHead(incoming.headers)
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

interface StepLimits {
  isSecure: boolean
  connectMs: number
  keptAnswerMs: number | undefined
  stop: (code: string) => void
}

/** Limits how long connecting takes, or how long a kept connection gives no answer, until `end` is called. */
function limitSteps(outgoing: http.ClientRequest, { isSecure, connectMs, keptAnswerMs, stop }: StepLimits) {
  let mayHaveArrived = false
  let timer: NodeJS.Timeout | undefined
  const end = () => clearTimeout(timer)
  outgoing.on('socket', (socket) => {
    if (outgoing.reusedSocket) {
      mayHaveArrived = true
      if (keptAnswerMs) timer = setTimeout(stop, keptAnswerMs, KEPT_SILENT)
      return
    }
    timer = setTimeout(stop, connectMs, 'CONNECT_TIMEOUT')
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      mayHaveArrived = true
      end()
    })
  })
  return { end, mayHaveArrived: () => mayHaveArrived }
}

function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name
}

function readAll(incoming: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) reject(Object.assign(new Error('Too long'), { code: 'TOO_LONG' }))
      else chunks.push(chunk)
    })
    incoming.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    incoming.on('error', reject)
    incoming.on('close', () => reject(Object.assign(new Error('Ended early'), { code: 'ECONNRESET' })))
  })
}
