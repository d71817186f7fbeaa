import { randomUUID } from 'node:crypto'
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, getOperationAST } from 'graphql'
import {
  CloseCode,
  type ConnectionInitMessage,
  type Context,
  makeServer,
  type Server,
  type SubscribePayload,
} from 'graphql-ws'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { createUserError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import { toTimeout } from '../../infra/timeout.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'
import type { SocketLimits } from './socket-limits.ts'

type Envelop = YogaServerInstance<Transport, GraphqlContext>['getEnveloped']
type PreparedArgs = ExecutionArgs & {
  contextValue: GraphqlContext
  enveloped: ReturnType<Envelop>
  /** Releases the slots of an operation that isn't worked on any more. */
  release: () => void
}

/** The state of one socket. */
export interface SocketExtra {
  socket: WebSocket
  /** Of the client, by which it is limited. */
  address: string
  /** The operations that are worked on, known by their payload since clients may use an id again, and what releases their slots. */
  inHand: Map<SubscribePayload, () => void>
  /** What ends each stream that it has: graphql-ws forgets one whose id is used again. */
  ends: Set<() => void>
  /** Ends what the socket has because its user is signed in: the watch of the session, and the user's slot. */
  leaveUser?: () => void
}

export interface SocketProtocol {
  server: Server<SocketExtra>
  /** Refuses new operations; resolves when queries and mutations in hand have been answered. */
  finish: () => Promise<void>
}

export interface SocketProtocolOptions {
  log: Logger
  authenticate: (authorization: unknown) => Promise<{ sessionId: string; viewer: { id: string } } | null>
  watchSession: (sessionId: string, onEnd: () => void) => () => void
  envelop: Envelop
  limits: SocketLimits
  slots: OperationSlots
  /** How long a socket may stay open without a connection_init. */
  initSeconds: number
}

/** The graphql-transport-ws protocol: any socket may connect; each operation is checked by itself. */
export function createSocketProtocol({
  log,
  authenticate,
  watchSession,
  envelop,
  limits,
  slots,
  initSeconds,
}: SocketProtocolOptions): SocketProtocol {
  const running = new Set<Promise<unknown>>()
  let finishing = false

  /** Whether the socket may go on. */
  const enterUser = (extra: SocketExtra, sessionId: string | undefined, userId: string | undefined): boolean => {
    const { socket } = extra
    if (socket.readyState !== socket.OPEN) return false
    if (sessionId === undefined || userId === undefined || extra.leaveUser) return true
    const releaseSlot = limits.admitUser(socket, userId)
    if (!releaseSlot) return false
    const stopWatch = watchSession(sessionId, () => socket.close(CloseCode.Forbidden, 'Session ended'))
    extra.leaveUser = () => {
      stopWatch()
      releaseSlot()
    }
    return true
  }

  const server = makeServer<ConnectionInitMessage['payload'], SocketExtra>({
    connectionInitWaitTimeout: toTimeout(initSeconds * 1_000),
    async onConnect({ connectionParams, extra }) {
      const authorization = connectionParams?.['authorization']
      let release: (() => void) | undefined
      try {
        release = slots.acquire(clientOf({ authorization, address: extra.address }))
        const session = await authenticate(authorization)
        enterUser(extra, session?.sessionId, session?.viewer.id)
      } catch (error) {
        // A bad token, or one too many to be read now, doesn't end the socket: each operation finds out by itself.
        if (!(error instanceof GraphQLError)) log.warn({ err: error }, 'session of a new socket could not be read')
      } finally {
        release?.()
      }
    },
    onClose({ extra }) {
      extra.leaveUser?.()
      for (const release of extra.inHand.values()) release()
      for (const end of extra.ends) end()
    },
    async onSubscribe(ctx, _id, payload) {
      if (finishing) return [createUserError('UNAVAILABLE', 'The server is stopping. Connect again.')]
      const prepared = await begin({ envelop, limits, slots }, ctx, payload)
      if (Array.isArray(prepared)) return prepared
      const { session, viewer } = prepared.contextValue
      if (enterUser(ctx.extra, session?.id, viewer?.id)) return prepared
      prepared.release()
      return [createGone()]
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
    subscribe: (args) => startStream(args as PreparedArgs),
    // Released only once the answer is sent, so a client that doesn't read can't queue more answers than it has slots.
    onComplete: ({ extra }, _id, payload) => extra.inHand.get(payload)?.(),
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

/** The operation of a message, ready to run, or why it is refused. Its slots are acquired before anything is awaited. */
async function begin(
  { envelop, limits, slots }: Pick<SocketProtocolOptions, 'envelop' | 'limits' | 'slots'>,
  {
    connectionParams,
    extra: { socket, inHand, address, ends },
  }: Context<ConnectionInitMessage['payload'], SocketExtra>,
  payload: SubscribePayload,
): Promise<PreparedArgs | GraphQLError[]> {
  const client = { address, authorization: connectionParams?.['authorization'] }
  const releases: (() => void)[] = []
  const holdSlot = (of: string) => void releases.push(slots.acquire(of))
  const release = () => {
    inHand.delete(payload)
    for (const each of releases.splice(0)) each()
  }
  try {
    limits.acquireOperation(inHand, { operation: payload, release })
    holdSlot(clientOf(client))
    const watchEnd: Transport['watchEnd'] = (_sessionId, end) => {
      ends.add(end)
      // It was closed while the stream started.
      if (socket.readyState !== socket.OPEN) end()
      return () => ends.delete(end)
    }
    const prepared = await prepare(envelop, { ...client, holdSlot, watchEnd }, payload)
    // While the session was read the socket may have been closed, and nobody would release what it holds since.
    if (inHand.get(payload) !== release) throw createGone()
    if (!Array.isArray(prepared)) return { ...prepared, release }
    release()
    return prepared
  } catch (error) {
    release()
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

async function prepare(
  envelop: Envelop,
  client: Omit<Transport, 'requestId'>,
  { query, variables, operationName }: SubscribePayload,
): Promise<Omit<PreparedArgs, 'release'> | GraphQLError[]> {
  const transport: Transport = { ...client, requestId: randomUUID() }
  const enveloped = envelop(transport)
  const { schema } = enveloped
  const document = enveloped.parse(query)
  const errors = enveloped.validate(schema, document) as GraphQLError[]
  if (errors.length > 0) return errors
  const contextValue = (await enveloped.contextFactory()) as GraphqlContext
  if (!getOperationAST(document, operationName)) return [new GraphQLError('Unable to identify operation')]
  return { schema, document, variableValues: variables, operationName, contextValue, enveloped }
}

async function startStream({ enveloped, release, ...args }: PreparedArgs) {
  try {
    return await enveloped.subscribe(args)
  } finally {
    release()
  }
}

/** For an operation whose socket is closed. */
function createGone(): GraphQLError {
  return createUserError('UNAVAILABLE', 'The connection is closed. Connect again.')
}

/** The error as a socket gets it: without the extensions that are for HTTP alone. */
function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON()
  const { http: _http, unexpected: _unexpected, ...rest } = extensions ?? {}
  return Object.keys(rest).length > 0 ? { ...formatted, extensions: rest } : formatted
}
