import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { ApiDeps, Deps, GuestDatabases } from '../../deps.ts'
import { createUnauthenticatedError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import { createLivePayments, type LivePayments } from '../../payment/live/live-payments.ts'
import { findSession } from '../../user/session.ts'
import { watchSessions } from '../../user/session-watch.ts'
import { createOperationSlots, type OperationSlots } from '../limits/operation-slots.ts'
import { type OpenRates, openRates } from '../limits/rates.ts'
import { orBusy } from './busy.ts'
import { useConnectionHeaders } from './connection-headers.ts'
import { useDocuments } from './documents.ts'
import { openEventStreams, useEventStreams } from './event-streams.ts'
import { createHttpHandler } from './http-handler.ts'
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
import { acquireStream, createStreamSlots } from './stream-slots.ts'
import { useTextRules } from './text-rules.ts'

export interface GraphqlServer {
  /** Answers `/graphql` over HTTP, subscriptions as SSE. */
  handleRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Takes over a WebSocket on `/graphql`. */
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  live: LivePayments
  /** Finishes the operations in hand, then closes every socket with 1001 and ends every stream. */
  close: () => Promise<void>
}

export interface GraphqlServerOptions {
  /** Whether all requests go Yoga's way, so that tests can compare with it. */
  isStock?: boolean
}

/** GraphQL over HTTP, SSE and WebSocket, for a node:http server that routes `/graphql` here. */
export function createGraphqlServer(
  appDeps: Deps,
  databases: GuestDatabases = { mutations: appDeps.db, sessions: appDeps.db },
  { isStock = false }: GraphqlServerOptions = {},
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
  return {
    live,
    handleRequest: createHttpHandler(deps, { yoga, answer, sessions, mask: createMask(deps), isStock }),
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
    maskedErrors: { maskError: createMask(deps) },
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: config.limits.bodyBytes,
    parserAndValidationCache: false,
  })
}

/** For what fails outside resolvers. */
function createMask(deps: Pick<Deps, 'log' | 'config' | 'metrics'>): (error: unknown) => GraphQLError {
  return (error) => maskError(deps.log, explainTooLarge(deps, error))
}

/** @throws {GraphQLError} `UNAUTHENTICATED` when there is a token, and it is malformed, expired or revoked. */
async function authenticate(deps: Deps, authorization: unknown) {
  if (authorization === undefined || authorization === null || authorization === '') return null
  const accessToken = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined
  const found = accessToken === undefined ? null : await findSession(deps, accessToken)
  if (!found) throw createUnauthenticatedError({ status: 401 })
  return found
}
