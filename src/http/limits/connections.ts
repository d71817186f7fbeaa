import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Limits } from '../../config/limits.ts'
import type { Config } from '../../config.ts'
import type { Metrics } from '../../infra/metrics.ts'
import { sendJson } from '../json.ts'
import { readLanguage } from '../language.ts'
import { limitTexts } from '../texts.ts'
import { clientAddress } from './client-address.ts'
import { endConnection } from './end-connection.ts'
import { createSlots } from './slots.ts'

/** How often connections are looked at that don't send their request in time. */
const LOOK_EVERY_MS = 5_000
/** How long a connection whose client doesn't take its answer may live, beyond the time of an idle one. */
export const UNREAD_MS = 30_000
const RETRY_AFTER_SECONDS = 5
const RETRY_LATER = { retryAfterSeconds: RETRY_AFTER_SECONDS }

/** How what is no HTTP, or not in time, is answered. */
const STATUS_OF_FAULT: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
}

const TOO_MANY = '429 Too Many Requests'
const UNAVAILABLE = '503 Service Unavailable'

/**
 * An open connection: its requests in hand, and what gives back its slots. Both are replaced when they change: of most
 * connections they hold one or none, and there are thousands that stay open.
 */
interface Connection {
  inHand: readonly ServerResponse[]
  releases: readonly (() => void)[]
}

const NONE_IN_HAND: Connection['inHand'] = []
const releaseNothing = () => {}

export interface ConnectionLimitsInput {
  config: Pick<Config, 'limits' | 'rateLimitFactor' | 'trustedProxies'>
  metrics: () => Metrics
  log: Logger
}

export interface ConnectionLimits {
  /** The server whose connections are limited. */
  server: Server
  /** Acquires the slots of a request until its answer is sent. @returns false when there was none: it is refused. */
  admit(request: IncomingMessage, response: ServerResponse): boolean
  /** Acquires the slots of a WebSocket until it closes. @returns false when there was none: it is refused. */
  admitUpgrade(request: IncomingMessage, socket: Duplex): boolean
}

/**
 * Bounds how many connections there are, in all and per address, and how many requests each has in hand; ends those that
 * are idle, or don't send a whole request in time. Behind proxies, whose connections carry many clients, an address is
 * limited by what it has in hand instead: requests, streams and WebSockets.
 */
export function limitConnections(input: ConnectionLimitsInput): ConnectionLimits {
  const { limits, trustedProxies } = input.config
  const gate = createGate(input)
  const server = new Server(timeoutsOf(limits))
  server.timeout = limits.idleConnectionSeconds * 1_000 + UNREAD_MS
  server.prependListener('connection', (socket: Socket) => accept(gate, socket))
  server.on('clientError', (error, socket) => answerFault(gate, error, socket))
  return {
    server,
    admit(request, response) {
      const { socket } = request
      const connection = gate.open.get(socket)
      // Of a connection that was ended, what had arrived already isn't worked on.
      if (!connection || socket.destroyed) return false
      if (connection.inHand.length >= limits.requestsInHandPerConnection) {
        gate.count('requestsInHandPerConnection', clientAddress(request, trustedProxies))
        socket.destroy()
        return false
      }
      const release = acquireBehindProxies(gate, request, connection)
      connection.inHand = connection.inHand.concat(response)
      response.on('close', () => {
        connection.inHand = connection.inHand.filter((each) => each !== response)
        release?.()
      })
      if (!release) refuseRequest(response)
      return release !== undefined
    },
    admitUpgrade(request, socket) {
      const connection = gate.open.get(socket)
      if (connection && acquireBehindProxies(gate, request, connection)) return true
      endConnection(socket, TOO_MANY, RETRY_LATER)
      return false
    },
  }
}

type Gate = ReturnType<typeof createGate>

function createGate({ config, metrics, log }: ConnectionLimitsInput) {
  const { limits, rateLimitFactor } = config
  return {
    config,
    log,
    open: new Map<Duplex, Connection>(),
    perAddress: createSlots(Math.max(1, Math.floor(limits.connectionsPerAddress * rateLimitFactor))),
    count: (limit: keyof Limits, address: string) => {
      metrics().limitRefusals.inc({ limit })
      log.debug({ limit, address }, 'connection or request refused')
    },
  }
}

function accept({ config, open, perAddress, count }: Gate, socket: Socket): void {
  const address = clientAddress({ socket, headers: {} }, 0)
  const refuse = (limit: keyof Limits, status: string) => {
    count(limit, address)
    endConnection(socket, status, RETRY_LATER)
  }
  if (open.size >= config.limits.connections) return refuse('connections', UNAVAILABLE)
  const release = config.trustedProxies === 0 ? perAddress.acquire(address) : releaseNothing
  if (!release) return refuse('connectionsPerAddress', TOO_MANY)
  const connection: Connection = { inHand: NONE_IN_HAND, releases: [release] }
  open.set(socket, connection)
  // Whatever became of what the connection carried, its slots come back when it is gone.
  socket.on('close', () => {
    open.delete(socket)
    for (const each of connection.releases) each()
  })
}

/** Acquires a slot of the client behind the proxies, until it is released or the connection is gone. */
function acquireBehindProxies(gate: Gate, request: IncomingMessage, connection: Connection): (() => void) | undefined {
  const { trustedProxies } = gate.config
  if (trustedProxies === 0) return releaseNothing
  const address = clientAddress(request, trustedProxies)
  const give = gate.perAddress.acquire(address)
  if (!give) {
    gate.count('connectionsPerAddress', address)
    return undefined
  }
  const release = () => {
    connection.releases = connection.releases.filter((each) => each !== release)
    give()
  }
  connection.releases = connection.releases.concat(release)
  return release
}

/** Ends a connection that sends no HTTP, or not in time. */
function answerFault({ open, count, log }: Gate, error: NodeJS.ErrnoException, socket: Duplex): void {
  const { code = '' } = error
  log.debug({ err: error }, 'connection ended: it sent no request')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    count('requestArrivalSeconds', clientAddress({ socket: socket as Socket, headers: {} }, 0))
  const isAnswered = [...(open.get(socket)?.inHand ?? [])].some(({ headersSent }) => headersSent)
  if (isAnswered || !socket.writable) socket.destroy()
  else endConnection(socket, STATUS_OF_FAULT[code] ?? '400 Bad Request')
}

function timeoutsOf({ requestArrivalSeconds, idleConnectionSeconds }: Limits) {
  const receiveMs = requestArrivalSeconds * 1_000
  return {
    requestTimeout: receiveMs,
    // For a connection that sends nothing as well.
    headersTimeout: receiveMs / 2,
    connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, receiveMs),
    keepAliveTimeout: idleConnectionSeconds * 1_000,
  }
}

/** In the form of a GraphQL error, which WeChat, who looks at the status alone, gets too. */
function refuseRequest(response: ServerResponse): void {
  response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  const message = limitTexts.address(RETRY_AFTER_SECONDS)[readLanguage(response.req.headers['accept-language'])]
  const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: RETRY_AFTER_SECONDS }
  sendJson(response, 429, { code: 'FAIL', message, errors: [{ message, extensions }] })
}
