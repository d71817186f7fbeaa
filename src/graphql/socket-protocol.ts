import { randomUUID } from 'node:crypto'
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql'
import { CloseCode, type ConnectionInitMessage, makeServer, type Server, type SubscribePayload } from 'graphql-ws'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { createUserError, type GraphqlContext, type Transport } from './context.ts'

const INIT_TIMEOUT_MS = 10_000

type Envelop = YogaServerInstance<Transport, GraphqlContext>['getEnveloped']
type PreparedArgs = ExecutionArgs & { enveloped: ReturnType<Envelop> }

/** What is remembered of one socket. */
export interface SocketExtra {
  socket: WebSocket
  stopSessionWatch?: () => void
}

export interface SocketProtocol {
  server: Server<SocketExtra>
  /** Refuses new operations; resolves when queries and mutations in hand have been answered. */
  finish: () => Promise<void>
}

export interface SocketProtocolOptions {
  log: Logger
  authenticate: (authorization: unknown) => Promise<{ sessionId: string } | null>
  watchSession: Transport['watchSession']
  envelop: Envelop
}

/** The graphql-transport-ws protocol: any socket may connect; each operation is checked by itself. */
export function createSocketProtocol({
  log,
  authenticate,
  watchSession,
  envelop,
}: SocketProtocolOptions): SocketProtocol {
  const running = new Set<Promise<unknown>>()
  let finishing = false

  const closeWithSession = (extra: SocketExtra, sessionId: string | undefined) => {
    if (sessionId === undefined || extra.stopSessionWatch || extra.socket.readyState !== extra.socket.OPEN) return
    extra.stopSessionWatch = watchSession(sessionId, () => extra.socket.close(CloseCode.Forbidden, 'Session ended'))
  }

  const server = makeServer<ConnectionInitMessage['payload'], SocketExtra>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    async onConnect({ connectionParams, extra }) {
      try {
        const session = await authenticate(connectionParams?.['authorization'])
        closeWithSession(extra, session?.sessionId)
      } catch (error) {
        // A bad token is told to each operation.
        if (!(error instanceof GraphQLError)) log.warn({ err: error }, 'the session of a new socket was not read')
      }
    },
    onClose: ({ extra }) => extra.stopSessionWatch?.(),
    async onSubscribe({ connectionParams, extra }, _id, payload) {
      if (finishing) return [createUserError('UNAVAILABLE', 'The server is stopping. Connect again.')]
      const prepared = await prepare(envelop, connectionParams?.['authorization'], payload)
      if (!Array.isArray(prepared)) closeWithSession(extra, prepared.contextValue.session?.id)
      return prepared
    },
    async execute(args) {
      const result = Promise.resolve((args as PreparedArgs).enveloped.execute(args))
      running.add(result)
      try {
        return await result
      } finally {
        running.delete(result)
      }
    },
    subscribe: (args) => (args as PreparedArgs).enveloped.subscribe(args),
    onError: (_ctx, _id, _payload, errors) => errors.map(formatError),
    onNext: (_ctx, _id, _payload, _args, { errors, ...rest }) =>
      errors ? { ...rest, errors: errors.map((error) => formatError(error)) } : undefined,
  })

  return {
    server,
    async finish() {
      finishing = true
      await Promise.allSettled(running)
    },
  }
}

async function prepare(
  envelop: Envelop,
  authorization: unknown,
  { query, variables, operationName }: SubscribePayload,
): Promise<(PreparedArgs & { contextValue: GraphqlContext }) | GraphQLError[]> {
  const transport: Transport = { requestId: randomUUID(), authorization, watchSession: () => () => {} }
  const enveloped = envelop(transport)
  try {
    const document = enveloped.parse(query)
    const errors = enveloped.validate(enveloped.schema, document) as GraphQLError[]
    if (errors.length > 0) return errors
    const contextValue = (await enveloped.contextFactory()) as GraphqlContext
    return { schema: enveloped.schema, document, variableValues: variables, operationName, contextValue, enveloped }
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

/** Without what is meant for HTTP alone. */
function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON()
  const { http: _http, unexpected: _unexpected, ...kept } = extensions ?? {}
  return Object.keys(kept).length > 0 ? { ...formatted, extensions: kept } : formatted
}
