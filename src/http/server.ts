import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { explainListening, urlOf } from '../infra/listening.ts'
import { withRequestId } from '../infra/request-context.ts'
import { tracing } from '../infra/tracing.ts'
import { readRequestId } from '../wechat/signed-message.ts'
import { closeConnections } from './close-connections.ts'
import type { HealthRoutes } from './health.ts'
import { sendJson } from './json.ts'
import { type ConnectionLimitsInput, limitConnections } from './limits/connections.ts'
import { endConnection } from './limits/end-connection.ts'
import { watchForProxies } from './limits/forwarded.ts'
import type { Page } from './page.ts'

const NOTICE_PATH = '/wechat/pay/notify'
const GRAPHQL_PATH = '/graphql'
export const CONSOLE_PATH = '/console'

/** What a process serves beside its health routes. */
interface Routes {
  notice(request: IncomingMessage, response: ServerResponse): Promise<void>
  graphql: {
    handleRequest(request: IncomingMessage, response: ServerResponse): void
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  }
  /** The page at `/`, where there is one. */
  page?: Page
  /** The operators' console under `/console`, where there is one; it gets paths from its own root. */
  console?: { handle(request: IncomingMessage, response: ServerResponse, path: string): void }
}

export interface HttpServer {
  /** Without a path, as `http://127.0.0.1:4000`. */
  url: string
  /** From here on these are served; until then everything but the health routes answers 503. */
  serve(routes: Routes): void
  /** Refuses new requests and connections at once. */
  refuse(): void
  /** Waits for the requests in hand, for `withinMs` at the most. */
  close(withinMs: number): Promise<void>
}

export interface HttpServerInput extends ConnectionLimitsInput {
  host: string
  port: number
  health: HealthRoutes
}

/** @throws {SetupError} when the address is taken or isn't ours. */
export async function openHttpServer(input: HttpServerInput): Promise<HttpServer> {
  const { host, log } = input
  const { server, admit, admitUpgrade } = limitConnections(input)
  const watch = watchForProxies(input)
  let routes: Routes | undefined
  let refusing = false

  server.on('request', (request, response) => {
    if (!admit(request, response)) return
    watch(request)
    const { path, requestId } = openRequest(input, request, response)
    if (input.health.handle(request, response, path)) return
    if (refusing) response.setHeader('connection', 'close')
    if (refusing || !routes) return sendUnavailable(response)
    const served = routes
    withRequestId(requestId, () => route(served, request, response, { path, log }))
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (err) => log.debug({ err }, 'socket broke'))
    if (pathOf(request) !== GRAPHQL_PATH) return endConnection(socket, '404 Not Found')
    if (refusing || !routes) return endConnection(socket, '503 Service Unavailable', { retryAfterSeconds: 1 })
    if (!admitUpgrade(request, socket)) return
    watch(request)
    routes.graphql.handleUpgrade(request, socket, head)
  })
  const { port } = await listen(server, host, input.port)
  const closed = once(server, 'close')

  const refuse = () => {
    if (refusing) return
    refusing = true
    server.close()
    server.closeIdleConnections()
  }
  return {
    url: urlOf({ host, port }),
    serve: (served) => {
      routes = served
    },
    refuse,
    close: async (withinMs) => {
      refuse()
      await closeConnections(server, withinMs, closed)
    },
  }
}

/** Gives the request its id, for the response and the log, and measures how long it takes. */
function openRequest(
  { log, metrics }: HttpServerInput,
  request: IncomingMessage,
  response: ServerResponse,
): { path: string; requestId: string } {
  const requestId = readRequestId(request.headers, 'x-request-id') ?? randomUUID()
  response.setHeader('x-request-id', requestId)
  const path = pathOf(request)
  const stop = metrics().requestSeconds.startTimer({ route: routeLabel(path) })
  response.once('close', () => {
    const seconds = stop({ status: response.statusCode })
    const { method } = request
    log.debug({ requestId, method, path, status: response.statusCode, ms: Math.round(seconds * 1000) }, 'request ended')
  })
  return { path, requestId }
}

function route(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  { path, log }: { path: string; log: Logger },
): void {
  if (path === GRAPHQL_PATH) {
    // Yoga parses it as a URL, and answers with a stack trace when it can't.
    if (!URL.canParse(`http://${request.headers.host}`))
      return sendJson(response, 400, { message: 'Send a valid Host' })
    if (!tracing) return routes.graphql.handleRequest(request, response)
    return tracing.calledBy(request.headers['traceparent'], () => routes.graphql.handleRequest(request, response))
  }
  if (routes.console && (path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`)))
    return routeToConsole(routes.console, request, response, path)
  if (path !== NOTICE_PATH) {
    if (routes.page?.(request, response, path)) return
    return sendJson(response, 404, { message: `Nothing is here; GraphQL is at ${GRAPHQL_PATH}` })
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return sendJson(response, 405, { code: 'FAIL', message: 'Use POST' })
  }
  routes.notice(request, response).catch((error: unknown) => {
    log.error({ err: error }, 'notice route failed')
    if (!response.headersSent) sendJson(response, 500, { code: 'FAIL', message: 'Send it again' })
  })
}

function routeToConsole(
  { handle }: NonNullable<Routes['console']>,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  if (path !== CONSOLE_PATH) return handle(request, response, path.slice(CONSOLE_PATH.length))
  // Its page names its files beside itself.
  response.writeHead(308, { location: `${CONSOLE_PATH}/` }).end()
}

function sendUnavailable(response: ServerResponse): void {
  response.setHeader('retry-after', '1')
  sendJson(response, 503, { code: 'FAIL', message: 'Starting or stopping, try again in a moment' })
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

function routeLabel(path: string): string {
  return [GRAPHQL_PATH, NOTICE_PATH, '/healthz', '/readyz', '/metrics'].includes(path) ? path : 'other'
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw explainListening(error, { host, port, portSetting: 'PORT' })
  }
  return server.address() as AddressInfo
}
