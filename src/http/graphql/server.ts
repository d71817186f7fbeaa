import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createYoga } from 'graphql-yoga'
import type { ApiDeps, Deps, GuestDatabases } from '../../deps.ts'
import { createUnauthenticatedError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import { createLivePayments, type LivePayments } from '../../payment/live/live-payments.ts'
import { findSession } from '../../user/session.ts'
import { type SessionWatch, watchSessions } from '../../user/session-watch.ts'
import { SAFE_HEADERS } from '../json.ts'
import { clientAddress } from '../limits/client-address.ts'
import { createOperationSlots, type OperationSlots } from '../limits/operation-slots.ts'
import { type OpenRates, openRates } from '../limits/rates.ts'
import { orBusy } from './busy.ts'
import { useConnectionHeaders } from './connection-headers.ts'
import { createCors } from './cors.ts'
import { useDocuments } from './documents.ts'
import { openEventStreams, useEventStreams } from './event-streams.ts'
import { createGraphiql, wantsGraphiql } from './graphiql.ts'
import { explainTooLarge, useHttpRules } from './http-rules.ts'
import { maskError, useMaskedResolverErrors } from './mask-errors.ts'
import { useMutationDatabase } from './mutation-database.ts'
import { useOperationsInHand } from './operations-in-hand.ts'
import { useReadRates } from './read-rates.ts'
import { schema } from './schema.ts'
import { useSharedResults } from './shared-results.ts'
import { createSocketLimits } from './socket-limits.ts'
import { createSocketProtocol } from './socket-protocol.ts'
import { openSocketServer } from './socket-server.ts'
import { acquireStream, createStreamSlots, watchEventStream } from './stream-slots.ts'
import { useTextRules } from './text-rules.ts'
import { receiveBody } from './whole-body.ts'

export interface GraphqlServer {
  /** Answers `/graphql` over HTTP, subscriptions as SSE. */
  handleRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Takes over a WebSocket on `/graphql`. */
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  live: LivePayments
  /** Finishes the operations in hand, then closes every socket with 1001 and ends every stream. */
  close: () => Promise<void>
}

/** GraphQL over HTTP, SSE and WebSocket, for a node:http server that routes `/graphql` here. */
export function createGraphqlServer(
  appDeps: Deps,
  databases: GuestDatabases = { mutations: appDeps.db, sessions: appDeps.db },
): GraphqlServer {
  const live = createLivePayments(appDeps)
  const deps: ApiDeps = { ...appDeps, live }
  const sessionDeps = { ...deps, db: databases.sessions }
  const sessions = watchSessions(sessionDeps)
  const rates = openRates(deps)
  const slots = createOperationSlots(deps)
  const yoga = openYoga(deps, { databases, rates, slots })
  const limits = createSocketLimits(deps)
  const protocol = createSocketProtocol({
    log: deps.log,
    authenticate: (authorization) => authenticate(sessionDeps, authorization),
    watchSession: sessions.watch,
    envelop: yoga.getEnveloped,
    limits,
    slots,
    initSeconds: deps.config.limits.socketInitSeconds,
  })
  const sockets = openSocketServer(deps, protocol, limits)
  const { answer, close: stopKeepAlive } = openEventStreams(deps.log)
  const sendGraphiql = createGraphiql(deps.log)
  return {
    live,
    handleRequest(request, response) {
      const requestId = String(response.getHeader('x-request-id') ?? randomUUID())
      response.setHeader('x-request-id', requestId)
      response.setHeaders(SAFE_HEADERS)
      if (!deps.config.production && wantsGraphiql(request)) return sendGraphiql(request, response)
      if (deps.config.corsOrigins.length > 0) response.setHeader('vary', 'Origin')
      const { authorization } = request.headers
      const address = clientAddress(request, deps.config.trustedProxies)
      const watchEnd = watchEnds(sessions, response, deps.config.limits.socketLifetimeSeconds)
      const transport: Transport = { requestId, address, authorization, watchEnd }
      const isThere = request.method !== 'POST' || receiveBody(request, deps.config.limits.bodyBytes)
      void Promise.resolve(isThere).then((there) => (there ? answer(yoga, request, response, transport) : undefined))
    },
    handleUpgrade: sockets.handleUpgrade,
    async close() {
      await sockets.close()
      live.close()
      stopKeepAlive()
      sessions.close()
      rates.close()
      await yoga.dispose()
    },
  }
}

/** An event stream ends with its session, its connection or its lifetime. */
function watchEnds(sessions: SessionWatch, response: ServerResponse, lifetimeSeconds: number): Transport['watchEnd'] {
  return (sessionId, onEnd) => {
    const stopWatches = [sessions.watch(sessionId, onEnd), watchEventStream(response, lifetimeSeconds, onEnd)]
    return () => stopWatches.forEach((stop) => stop())
  }
}

/** What all operations share. */
interface Shared {
  databases: GuestDatabases
  rates: OpenRates
  slots: OperationSlots
}

function openYoga(deps: ApiDeps, { databases, rates, slots }: Shared) {
  const { log, config } = deps
  const sessionDeps = { ...deps, db: databases.sessions }
  const streams = createStreamSlots(deps)
  return createYoga<Transport, GraphqlContext>({
    schema,
    context: async ({ requestId, address, authorization, watchEnd, holdSlot }) => {
      const found = await authenticate(sessionDeps, authorization).catch((error: unknown) => {
        throw maskError(log, orBusy(deps.metrics, error, { isWhole: true }), requestId)
      })
      if (found) holdSlot?.(`user ${found.viewer.id}`)
      return {
        deps,
        requestId,
        address,
        rates,
        session: found && { id: found.sessionId },
        viewer: found?.viewer ?? null,
        acquireStream: (end) => acquireStream(streams, watchEnd, found, end),
      }
    },
    plugins: [
      useHttpRules(deps),
      useOperationsInHand(slots),
      useDocuments(deps),
      useTextRules(),
      useReadRates(),
      useMutationDatabase(databases.mutations),
      useMaskedResolverErrors(deps),
      useSharedResults(deps),
      useEventStreams(),
      useConnectionHeaders(),
    ],
    maskedErrors: { maskError: (error) => maskError(log, explainTooLarge(deps, error)) },
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: createCors(config),
    multipart: false,
    batching: false,
    maxRequestBodySize: config.limits.bodyBytes,
    parserAndValidationCache: false,
  })
}

/** @throws {GraphQLError} `UNAUTHENTICATED` when there is a token, and it is malformed, expired or revoked. */
async function authenticate(deps: Deps, authorization: unknown) {
  if (authorization === undefined || authorization === null || authorization === '') return null
  const accessToken = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined
  const found = accessToken === undefined ? null : await findSession(deps, accessToken)
  if (!found) throw createUnauthenticatedError({ status: 401 })
  return found
}
