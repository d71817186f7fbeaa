import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type Address, explainListening, urlOf } from '../infra/listening.ts'
import { describeReason } from '../infra/wait.ts'
import { refuseOtherThanGet, sendJson } from './json.ts'

/** More than a Prometheus, its stand-ins and what asks for `/healthz` need. */
const MAX_CONNECTIONS = 20
const RECEIVE_WITHIN_MS = 10_000

/** Gathers the metrics as Prometheus text. */
export type MetricsText = () => Promise<{ contentType: string; text: string }>

/** @throws {Error} when they can't be gathered. */
export async function sendMetrics(response: ServerResponse, metrics: MetricsText): Promise<void> {
  const { contentType, text } = await metrics()
  response.writeHead(200, { 'content-type': contentType }).end(text)
}

/**
 * Serves `/metrics` on a port of its own: gathering them takes the longer the more sockets there are, so guests can't ask
 * for it. `/healthz` is there too, where guests can't take up every connection: a full process isn't a dead one.
 * Where it can't listen, that is said in the log and the process goes on: metrics are no reason to refuse guests.
 *
 * @returns what closes it.
 */
export async function openMetricsServer(
  address: Address,
  { metrics, log }: { metrics: MetricsText; log: Logger },
): Promise<() => void> {
  const server = createServer({ requestTimeout: RECEIVE_WITHIN_MS, headersTimeout: RECEIVE_WITHIN_MS })
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path !== '/metrics' && path !== '/healthz')
      return sendJson(response, 404, { message: 'Nothing is here but /metrics and /healthz' })
    if (refuseOtherThanGet(request, response)) return
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' })
    sendMetrics(response, metrics).catch((error: unknown) => {
      log.error({ err: error }, 'metrics not gathered')
      if (!response.headersSent) sendJson(response, 500, { message: 'Unexpected error.' })
    })
  })
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    log.info({ url: `${urlOf({ ...address, port })}/metrics` }, 'metrics served')
  } catch (error) {
    const names = { portSetting: 'METRICS_PORT', hostSetting: 'METRICS_HOST' }
    const reason = describeReason(explainListening(error, { ...address, ...names }))
    log.error({ reason }, 'metrics not served, everything else is')
  }
  return () => server.close().closeAllConnections()
}
