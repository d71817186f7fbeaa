import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { createYoga } from 'graphql-yoga'
import type { ApiDeps, Deps, GuestDatabases } from '../../deps.ts'
import { createUnauthenticatedError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import { createLivePayments, type LivePayments } from '../../payment/live/live-payments.ts'
import { findSession } from '../../user/session.ts'
import { watchSessions } from '../../user/session-watch.ts'
import { clientAddress } from '../limits/client-address.ts'
import { orBusy } from './busy.ts'
import { useCostRules } from './cost-rules.ts'
import { useHttpRules } from './http-rules.ts'
import { maskError, useMaskedResolverErrors } from './mask-errors.ts'
import { useMutationDatabase } from './mutation-database.ts'
import { schema } from './schema.ts'
import { useSizeRules } from './size-rules.ts'
import { createSocketProtocol } from './socket-protocol.ts'
import { openSocketServer } from './socket-server.ts'
import { useSubscriptionRules } from './subscription-rules.ts'
import { useTextRules } from './text-rules.ts'

const MAX_BODY_BYTES = 100 * 1024

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
  const yoga = openYoga(deps, databases)
  const protocol = createSocketProtocol({
    log: deps.log,
    authenticate: (authorization) => authenticate(sessionDeps, authorization),
    watchSession: sessions.watch,
    envelop: yoga.getEnveloped,
  })
  const sockets = openSocketServer(deps, protocol)

  return {
    live,
    handleRequest(request, response) {
      const requestId = String(response.getHeader('x-request-id') ?? randomUUID())
      response.setHeader('x-request-id', requestId)
      const { authorization } = request.headers
      const address = clientAddress(request, deps.config.trustedProxies)
      void yoga(request, response, { requestId, address, authorization, watchSession: sessions.watch })
    },
    handleUpgrade: sockets.handleUpgrade,
    async close() {
      await sockets.close()
      live.close()
      sessions.close()
      await yoga.dispose()
    },
  }
}

function openYoga(deps: ApiDeps, databases: GuestDatabases) {
  const { log, config } = deps
  const sessionDeps = { ...deps, db: databases.sessions }
  return createYoga<Transport, GraphqlContext>({
    schema,
    context: async ({ requestId, address, authorization, watchSession }) => {
      const found = await authenticate(sessionDeps, authorization).catch((error: unknown) => {
        throw maskError(log, orBusy(deps.metrics, error, { isWhole: true }), requestId)
      })
      return {
        deps,
        requestId,
        address,
        session: found && { id: found.sessionId },
        viewer: found?.viewer ?? null,
        onSessionEnd: (end) => (found ? watchSession(found.sessionId, end) : () => {}),
      }
    },
    plugins: [
      useHttpRules(),
      useSizeRules(),
      useCostRules(),
      useSubscriptionRules(),
      useTextRules(),
      useMutationDatabase(databases.mutations),
      useMaskedResolverErrors(deps),
    ],
    maskedErrors: { maskError: (error) => maskError(log, error) },
    logging: false,
    graphiql: !config.production && { title: 'looklook-pay' },
    // Bundled: the stock page loads its scripts from a CDN that isn't reachable everywhere.
    renderGraphiQL,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: MAX_BODY_BYTES,
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
