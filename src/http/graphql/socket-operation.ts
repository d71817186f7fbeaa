import { randomUUID } from 'node:crypto'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { ConnectionInitMessage, Context, SubscribePayload } from 'graphql-ws'
import type { YogaServerInstance } from 'graphql-yoga'
import type { WebSocket } from 'ws'
import { createUserError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'
import type { SocketLimits } from './socket-limits.ts'
import { sendTexts } from './socket-stream.ts'

export type Envelop = YogaServerInstance<Transport, GraphqlContext>['getEnveloped']
type Enveloped = ReturnType<Envelop>

/** An operation that may run. */
export interface Prepared {
  args: ExecutionArgs & { contextValue: Transport & GraphqlContext }
  enveloped: Enveloped
  /** Releases the slots of an operation that isn't worked on any more. */
  release: () => void
}

type Outcome = ExecutionResult | AsyncIterable<ExecutionResult>

/** What graphql-ws gets of an operation. It holds it until a stream ends, so `start` is taken away from it. */
type HandedArgs = ExecutionArgs & { start: (() => Promise<Outcome>) | undefined }

/** The state of one socket. */
export interface SocketExtra {
  socket: WebSocket
  /** Sends a message; resolves once it is handed to the network, or never will be. */
  send: (message: string) => Promise<void>
  /** Of the client, by which it is limited. */
  address: string
  /** The operations that are worked on, known by their payload since clients may use an id again, and what releases their slots. */
  inHand: Map<SubscribePayload, () => void>
  /** What ends each stream that it has: graphql-ws forgets one whose id is used again. */
  ends: Set<() => void>
  /** Ends what the socket has because its user is signed in: the watch of the session, and the user's slot. */
  leaveUser?: () => void
}

interface OperationsOptions {
  envelop: Envelop
  limits: SocketLimits
  slots: OperationSlots
}

/** The operation of a message, ready to run, or why it is refused. Its slots are acquired before anything is awaited. */
export async function begin(
  { envelop, limits, slots }: OperationsOptions,
  {
    connectionParams,
    extra: { socket, inHand, address, ends },
  }: Context<ConnectionInitMessage['payload'], SocketExtra>,
  payload: SubscribePayload,
): Promise<Prepared | GraphQLError[]> {
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
): Promise<Omit<Prepared, 'release'> | GraphQLError[]> {
  const transport: Transport = { ...client, requestId: randomUUID() }
  const enveloped = envelop(transport)
  const { schema } = enveloped
  const document = enveloped.parse(query)
  const errors = enveloped.validate(schema, document) as GraphQLError[]
  if (errors.length > 0) return errors
  const contextValue = (await enveloped.contextFactory()) as Transport & GraphqlContext
  if (!getOperationAST(document, operationName)) return [new GraphQLError('Unable to identify operation')]
  return { args: { schema, document, variableValues: variables, operationName, contextValue }, enveloped }
}

/**
 * The operation as graphql-ws runs it. Whatever it holds of one stays for as long as a stream is open, so a document that
 * has been read goes: there may be thousands of streams, and any of their documents may be as large as a message.
 */
export function handOver(
  prepared: Prepared,
  payload: SubscribePayload,
  to: { id: string; extra: SocketExtra },
): HandedArgs {
  const { schema, document, operationName } = prepared.args
  const isStream = getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION
  if (isStream) Object.assign(payload, { query: '', variables: undefined, extensions: undefined })
  return {
    schema,
    document,
    operationName,
    contextValue: undefined,
    start: () => (isStream ? startStream(prepared, to) : Promise.resolve(prepared.enveloped.execute(prepared.args))),
  }
}

/** Starts an operation that was handed over, once. */
export function start(args: ExecutionArgs): Promise<Outcome> {
  const handed = args as HandedArgs
  const begin = handed.start
  if (!begin) throw new Error('An operation starts once')
  handed.start = undefined
  return begin()
}

async function startStream(
  { args, enveloped, release }: Prepared,
  { id, extra }: { id: string; extra: SocketExtra },
): Promise<Outcome> {
  try {
    const result = await enveloped.subscribe(args)
    const { texts } = args.contextValue
    return texts ? sendTexts(texts, id, extra.send) : result
  } finally {
    release()
  }
}

/** For an operation whose socket is closed. */
export function createGone(): GraphQLError {
  return createUserError('UNAVAILABLE', 'The connection is closed. Connect again.')
}
