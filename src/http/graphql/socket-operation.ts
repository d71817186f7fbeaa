import { randomUUID } from 'node:crypto'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { createUserError, type GraphqlContext, type ResultTexts, type Transport } from '../../graphql/context.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'
import { requestTexts } from '../texts.ts'
import type { ClientSocket, Operation } from './client-socket.ts'
import type { SocketLimits } from './socket-limits.ts'

type Envelop = YogaServerInstance<Transport, GraphqlContext>['getEnveloped']
type Enveloped = ReturnType<Envelop>

/** An operation that may run. */
export interface Prepared {
  args: ExecutionArgs & { contextValue: Transport & GraphqlContext }
  enveloped: Enveloped
}

export interface OperationsOptions {
  log: Logger
  envelop: Envelop
  limits: SocketLimits
  slots: OperationSlots
}

/**
 * The operation of a message, ready to run, or why it is refused. Its slots are acquired before anything is awaited, and
 * held until it is released; of one that is refused, they are released.
 */
export async function begin(
  { envelop, limits, slots }: OperationsOptions,
  socket: ClientSocket,
  operation: Operation,
  payload: SubscribePayload,
): Promise<Prepared | GraphQLError[]> {
  const { address, authorization, language } = socket
  const releases: (() => void)[] = []
  const holdSlot = (of: string) => void releases.push(slots.acquire(of))
  operation.release = () => {
    socket.removeInHand(operation)
    for (const each of releases.splice(0)) each()
  }
  try {
    limits.acquireOperation(socket, operation)
    holdSlot(clientOf({ address, authorization }))
    const watchEnd = watchSocket(socket)
    const prepared = await prepare(envelop, { address, language, authorization, holdSlot, watchEnd }, payload)
    // While the session was read the socket may have been closed, and nobody would release what it holds since.
    if (!socket.inHand.includes(operation)) throw createGone()
    if (Array.isArray(prepared)) operation.release()
    return prepared
  } catch (error) {
    operation.release()
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

/** What a stream hears of its socket while it starts; whoever has started it ends it with the socket. */
function watchSocket(socket: ClientSocket): Transport['watchEnd'] {
  return (_sessionId, end) => {
    if (socket.readyState !== socket.OPEN) end()
    return stopNothing
  }
}

function stopNothing(): void {}

async function prepare(
  envelop: Envelop,
  client: Omit<Transport, 'requestId'>,
  { query, variables, operationName }: SubscribePayload,
): Promise<Prepared | GraphQLError[]> {
  // Copied, for it comes in sixteen pieces, which a stream would hold.
  const requestId = Buffer.from(randomUUID()).toString('latin1')
  const transport: Transport = { ...client, requestId }
  const enveloped = envelop(transport)
  const { schema } = enveloped
  const document = enveloped.parse(query)
  const errors = enveloped.validate(schema, document) as GraphQLError[]
  if (errors.length > 0) return errors
  transport.startsStream = getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION
  const contextValue = (await enveloped.contextFactory()) as Transport & GraphqlContext
  if (!getOperationAST(document, operationName)) return [new GraphQLError('Unable to identify operation')]
  return { args: { schema, document, variableValues: variables, operationName, contextValue }, enveloped }
}

/** Whether its answer is a stream. */
export function isSubscription({ args: { document, operationName } }: Prepared): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION
}

/** The answer of a query or a mutation. */
export async function execute({ args, enveloped }: Prepared): Promise<ExecutionResult> {
  return (await enveloped.execute(args)) as ExecutionResult
}

/** Starts a stream; its slots aren't needed any more then. @returns its results, or why there is none. */
export async function startStream(
  { args, enveloped }: Prepared,
  { release }: Operation,
): Promise<{ texts: ResultTexts } | { result: ExecutionResult }> {
  try {
    const result = (await enveloped.subscribe(args)) as ExecutionResult
    const { texts } = args.contextValue
    return texts ? { texts } : { result }
  } finally {
    release()
  }
}

/** For an operation whose socket is closed. */
export function createGone(): GraphQLError {
  return createUserError('UNAVAILABLE', requestTexts.gone)
}
