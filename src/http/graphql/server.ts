import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { ApiDeps, Deps, GuestDatabases } from '../../deps.ts'
import type { GraphqlContext, Transport } from '../../graphql/context.ts'
import { createLivePayments, type LivePayments } from '../../payment/live/live-payments.ts'
import { watchSessions } from '../../user/session-watch.ts'
import { createOperationSlots } from '../limits/operation-slots.ts'
import { openRates } from '../limits/rates.ts'
import { useConnectionHeaders } from './connection-headers.ts'
import { type CountOperation, createOperationCounter } from './count-operations.ts'
import { createDirectOperation, type DirectOperationInput } from './direct-operation.ts'
import { createDocuments } from './documents.ts'
import { openEventStreams, useEventStreams } from './event-streams.ts'
import { createHttpHandler } from './http-handler.ts'
import { explainTooLarge, useHttpRules } from './http-rules.ts'
import { useLanguage } from './in-language.ts'
import { maskError } from './mask-errors.ts'
import { authenticate, createContextFactory } from './operation-context.ts'
import { useOperationsInHand } from './operations-in-hand.ts'
import { createRunOperation, useRunOperation } from './run-operation.ts'
import { schema } from './schema.ts'
import { useSharedResults } from './shared-results.ts'
import { createSocketLimits } from './socket-limits.ts'
import { createSocketProtocol } from './socket-protocol.ts'
import { openSocketServer } from './socket-server.ts'

export interface GraphqlServer {
  /** Answers `/graphql` over HTTP, subscriptions as SSE. */
  handleRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Takes over a WebSocket on `/graphql`. */
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  live: LivePayments
  /** Closes every socket with 1001, once its operations in hand are answered, and ends every stream. */
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
  const documents = createDocuments(deps)
  const createContext = createContextFactory(deps, sessionDeps, rates)
  const count = createOperationCounter(deps)
  const run = createRunOperation(deps, { ...deps, db: databases.mutations }, count)
  const parts = { documents, slots, createContext, run, count }
  const yoga = openYoga(deps, parts)
  const answerDirectly = isStock ? undefined : createDirectOperation({ yoga, ...parts })
  const limits = createSocketLimits(deps)
  const protocol = createSocketProtocol({
    log: deps.log,
    authenticate: (authorization) => authenticate(sessionDeps, authorization, { inTurn: true }),
    watchSession: sessions.watch,
    envelop: yoga.getEnveloped,
    limits,
    slots,
    initSeconds: deps.config.limits.socketInitSeconds,
  })
  const sockets = openSocketServer(deps, protocol, limits)
  const mask = createMask(deps)
  const events = openEventStreams(deps, { yoga, mask })
  return {
    live,
    handleRequest: createHttpHandler(deps, { events, answerDirectly, sessions, mask }),
    handleUpgrade: sockets.handleUpgrade,
    async close() {
      await sockets.close()
      live.close()
      events.close()
      sessions.close()
      rates.close()
      await yoga.dispose()
    },
  }
}

type YogaParts = Omit<DirectOperationInput, 'yoga'> & { count: CountOperation }

function openYoga(deps: ApiDeps, { documents, slots, createContext, run, count }: YogaParts) {
  return createYoga<Transport, GraphqlContext>({
    schema,
    context: createContext,
    plugins: [
      useHttpRules(deps),
      useOperationsInHand(slots),
      documents.plugin,
      useRunOperation(deps, run, count),
      useSharedResults(deps),
      useEventStreams(),
      useLanguage(),
      useConnectionHeaders(),
    ],
    maskedErrors: { maskError: createMask(deps) },
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: deps.config.limits.bodyBytes,
    parserAndValidationCache: false,
  })
}

/** For what fails outside resolvers. */
function createMask(deps: Pick<Deps, 'log' | 'config' | 'metrics'>): (error: unknown) => GraphQLError {
  return (error) => maskError(deps.log, explainTooLarge(deps, error))
}
