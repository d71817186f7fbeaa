import { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import buildConnector from 'undici/lib/core/connect.js'
import Client from 'undici/lib/dispatcher/client.js'
import type { MessageHeaders } from './signed-message.ts'

export interface HttpRequest {
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
  /** Gets the body of an answer with status 200 as it comes; `body` is empty then. What it throws fails the exchange. */
  onData?: (chunk: Buffer) => void
}

export interface HttpAnswer {
  status: number
  headers: MessageHeaders
  /** The bytes as received, never decompressed. */
  body: Buffer
}

/** Who waits for an answer: gets it, or the failure. */
interface Waiting {
  /** The answer begins. */
  onHead(headers: MessageHeaders): void
  onAnswer(answer: HttpAnswer): void
  onFailure(failure: { error: Error; mayHaveArrived: boolean; wasKept: boolean }): void
}

/** Of an exchange's failure: a kept connection gave no answer in time. */
const KEPT_SILENT = 'KEPT_CONNECTION_SILENT'

interface HostLimits {
  /** How long connecting may take. */
  connectMs: number
  /** How long a connection is kept without use. */
  keptMs: number
}

/** We ended an exchange, for the reason that `code` names. */
export class StopError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** The connections to one host. */
export class Host {
  readonly limits: HostLimits
  readonly origin: string
  /**
   * Makes a connection; remembers TLS sessions. Without the time-out of undici, which is exact to half a second: all
   * limits are our own.
   */
  readonly connect = buildConnector({ timeout: 0, keepAliveInitialDelay: 1_000 })
  readonly #all = new Set<Connection>()
  /** Those that wait for an exchange, the one that was used last at the end. */
  readonly #free: Connection[] = []

  constructor(origin: string, limits: HostLimits) {
    this.origin = origin
    this.limits = limits
  }

  exchange(request: HttpRequest, waiting: Waiting): void {
    const connection = this.#free.pop() ?? this.#open()
    const exchange = new Exchange(this, connection, request, waiting)
    connection.exchange = exchange
    const { method, url, headers, body } = request
    connection.client.dispatch({ method, path: url.pathname + url.search, headers, body }, exchange)
  }

  keep(connection: Connection): void {
    connection.isKept = true
    connection.exchange = undefined
    this.#free.push(connection)
  }

  end(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#free.indexOf(connection)
    if (at !== -1) this.#free.splice(at, 1)
    connection.end()
  }

  endFree(): void {
    for (const connection of this.#free.splice(0)) this.end(connection)
  }

  /** Ends all connections. Exchanges in progress fail with `error`. */
  close(error: Error): void {
    for (const connection of this.#all) {
      if (connection.exchange) connection.exchange.fail(error)
      else this.end(connection)
    }
  }

  #open(): Connection {
    const connection = new Connection(this)
    this.#all.add(connection)
    connection.client.on('disconnect', () => {
      if (!connection.exchange) this.end(connection)
    })
    return connection
  }
}

/** Serves one exchange at a time. When the server has ended it before an exchange was sent, it is made anew for it. */
class Connection {
  readonly client: Client
  exchange: Exchange | undefined
  /** Whether it has given an answer before. */
  isKept = false
  #socket: Socket | undefined

  constructor(host: Host) {
    const { keptMs } = host.limits
    this.client = new Client(host.origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keptMs,
      keepAliveMaxTimeout: keptMs,
      connect: (options, done) => {
        this.isKept = false
        this.exchange?.connecting()
        const socket: unknown = host.connect(options, done)
        if (socket instanceof Socket) this.#socket = socket
      },
    })
  }

  end(): void {
    void this.client.destroy()
    // The client doesn't know it before it is connected.
    this.#socket?.destroy()
  }
}

/** One request and its answer. Its state is in fields, without closures: it is made for each call. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #host: Host
  readonly #connection: Connection
  readonly #request: HttpRequest
  readonly #waiting: Waiting
  /** Of the whole exchange. */
  readonly #timer: NodeJS.Timeout
  /** Of connecting, or of a kept connection's silence. */
  #stepTimer: NodeJS.Timeout | undefined
  #mayHaveArrived = false
  #wasKept = false
  #isOver = false
  #status = 0
  #headers: MessageHeaders = {}
  readonly #chunks: Buffer[] = []
  #length = 0

  constructor(host: Host, connection: Connection, request: HttpRequest, waiting: Waiting) {
    this.#host = host
    this.#connection = connection
    this.#request = request
    this.#waiting = waiting
    this.#timer = setTimeout(stop, request.timeoutMs, this, 'TIMEOUT')
  }

  connecting(): void {
    this.#stepTimer = setTimeout(stop, this.#host.limits.connectMs, this, 'CONNECT_TIMEOUT')
  }

  /** There is a connection, and the request is being sent. */
  onRequestStart(): void {
    clearTimeout(this.#stepTimer)
    this.#mayHaveArrived = true
    this.#wasKept = this.#connection.isKept
    const { keptAnswerMs } = this.#request
    if (this.#wasKept && keptAnswerMs) this.#stepTimer = setTimeout(stop, keptAnswerMs, this, KEPT_SILENT)
  }

  onResponseStart(_controller: unknown, status: number, headers: MessageHeaders): void {
    // An answer before the answer.
    if (status < 200) return
    clearTimeout(this.#stepTimer)
    this.#status = status
    this.#headers = headers
    this.#waiting.onHead(headers)
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length > this.#request.maxBytes) stop(this, 'TOO_LONG')
    else if (this.#status === 200 && this.#request.onData) this.#pass(chunk, this.#request.onData)
    else this.#chunks.push(chunk)
  }

  #pass(chunk: Buffer, onData: (chunk: Buffer) => void): void {
    if (this.#isOver) return
    try {
      onData(chunk)
    } catch (error) {
      this.fail(error instanceof Error ? error : new StopError('UNWRITTEN'))
    }
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#settle()
    this.#host.keep(this.#connection)
    const [first] = this.#chunks
    const body = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#waiting.onAnswer({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail(error)
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.#settle()
    this.#host.end(this.#connection)
    if (this.#wasKept) this.#host.endFree()
    this.#waiting.onFailure({ error, mayHaveArrived: this.#mayHaveArrived, wasKept: this.#wasKept })
  }

  #settle(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#stepTimer)
  }
}

function stop(exchange: Exchange, code: string): void {
  exchange.fail(new StopError(code))
}
