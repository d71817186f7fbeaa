import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { closeConnections } from '../http/close-connections.ts'
import { refuseOtherThanGet, sendJson } from '../http/json.ts'
import { type Address, explainListening, urlOf } from '../infra/listening.ts'
import { withRequestId } from '../infra/request-context.ts'
import { readRequestId } from '../wechat/signed-message.ts'
import type { Console } from './console.ts'

/** More than the browsers of all operators have open. */
const MAX_CONNECTIONS = 500
const RECEIVE_WITHIN_MS = 30_000

export interface ConsoleServer {
  /** Without a path. */
  url: string
  /** From here on the console is served; until then everything but `/livez` answers 503. */
  serve(served: Console): void
  /** Takes no new requests, and cuts off those that take longer. Safe to call twice. */
  close(withinMs: number): Promise<void>
}

/** The console's own server. @throws {SetupError} when the address is taken or isn't ours. */
export async function openConsoleServer(address: Address, log: Logger): Promise<ConsoleServer> {
  const server = createServer({ requestTimeout: RECEIVE_WITHIN_MS, headersTimeout: RECEIVE_WITHIN_MS })
  server.maxConnections = MAX_CONNECTIONS
  let served: Console | undefined
  server.on('request', (request, response) => {
    const requestId = readRequestId(request.headers, 'x-request-id') ?? randomUUID()
    response.setHeader('x-request-id', requestId)
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    response.once('close', () => {
      log.debug({ requestId, method: request.method, path, status: response.statusCode }, 'request ended')
    })
    if (path === '/livez') {
      if (!refuseOtherThanGet(request, response)) sendJson(response, 200, { status: 'ok' })
      return
    }
    if (!served) {
      response.setHeader('retry-after', '1')
      return sendJson(response, 503, { message: 'Starting or stopping, try again in a moment' })
    }
    const opened = served
    withRequestId(requestId, () => opened.handle(request, response, path))
  })
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
  } catch (error) {
    throw explainListening(error, { ...address, portSetting: 'CONSOLE_PORT', hostSetting: 'CONSOLE_HOST' })
  }
  const { port } = server.address() as AddressInfo
  const closed = once(server, 'close')
  return {
    url: urlOf({ host: address.host, port }),
    serve: (console) => {
      served = console
    },
    close: async (withinMs) => {
      served = undefined
      server.close()
      await closeConnections(server, withinMs, closed)
    },
  }
}
