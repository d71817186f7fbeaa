import errors from 'undici/lib/core/errors.js'
import { Host, type HttpAnswer, type HttpRequest, StopError } from './http-exchange.ts'
import type { WechatApi, WechatWatch } from './watch.ts'

/**
 * How long a connection is kept without use. Routers on the way forget an idle connection, some after a minute, and then
 * swallow what is sent over it.
 */
const KEPT_MS = 15_000

export type { HttpAnswer }

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
 * A plain HTTP client with keep-alive: it follows no redirects and decompresses nothing. On undici's connections:
 * node:http takes two to three times their CPU, and the built-in fetch has no connect time-out. When a kept connection
 * fails, all that are free are given up with it: they are as old.
 */
export function openHttpClient({ api, connectMs, keptMs = KEPT_MS, now, watch }: HttpClientOptions): HttpClient {
  const closing = new AbortController()
  const hosts = new Map<string, Host>()
  const hostOf = ({ origin }: URL) => {
    const known = hosts.get(origin)
    if (known) return known
    const host = new Host(origin, { connectMs, keptMs })
    hosts.set(origin, host)
    return host
  }
  return {
    closing: closing.signal,
    exchange: (request) => {
      if (closing.signal.aborted) return Promise.reject(new NoAnswerError('CLOSED', false))
      const host = hostOf(request.url)
      const sentAtMs = now().getTime()
      return new Promise((resolve, reject) => {
        host.exchange(request, {
          onHead: ({ date }) => watch.answered({ api, date: textOf(date), sentAtMs, receivedAtMs: now().getTime() }),
          onAnswer: resolve,
          onFailure: ({ error, mayHaveArrived, wasKept }) => {
            // Nothing of WeChat's: this request can't be sent.
            if (error instanceof errors.InvalidArgumentError) reject(error)
            else reject(new NoAnswerError(codeOf(error), mayHaveArrived, wasKept))
          },
        })
      })
    },
    close: () => {
      closing.abort()
      for (const host of hosts.values()) host.close(new StopError('CLOSED'))
    },
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function codeOf(error: Error): string {
  // The server ended the connection.
  if (error instanceof errors.SocketError) return 'ECONNRESET'
  return 'code' in error ? String(error.code) : error.name
}
