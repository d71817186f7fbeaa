import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import { CloseCode, MessageType, type SubscribeMessage, type SubscribePayload } from 'graphql-ws'
import { createUserError } from '../../graphql/context.ts'
import { requestTexts } from '../texts.ts'
import type { ClientSocket, Operation } from './client-socket.ts'
import { inLanguage } from './in-language.ts'
import { formatError } from './shared-results.ts'
import {
  begin,
  createGone,
  execute,
  isSubscription,
  type OperationsOptions,
  type Prepared,
  startStream,
} from './socket-operation.ts'
import { sendTexts } from './socket-stream.ts'
import { GOING_AWAY } from './socket-upkeep.ts'

/** Takes a slot of the socket's user, and watches its session, once. @returns whether the socket may go on. */
export type Enter = (socket: ClientSocket, sessionId: string | undefined, userId: string | undefined) => boolean

interface SocketAnswers {
  /** Runs the operation of a message, and sends its answer; resolves when it is answered, or streams. */
  subscribe: (socket: ClientSocket, message: SubscribeMessage) => Promise<void>
  /**
   * Refuses new operations, and closes sockets with 1001 that have none in hand any more; resolves when queries and
   * mutations in hand have been answered.
   */
  finish: () => Promise<void>
}

/** Answers the operations of sockets. `enter` is asked about whoever sends one. */
export function createAnswers(options: OperationsOptions, enter: Enter): SocketAnswers {
  const running = new Set<Promise<unknown>>()
  let finishing = false

  const answer = async (socket: ClientSocket, operation: Operation, payload: SubscribePayload) => {
    // In hand until its answer is on its way, and not until a client has read it.
    const working = finishing ? refuse(socket, operation) : work(options, enter, { socket, operation, payload })
    const begun = working.then((send) => ({ sending: send() }))
    running.add(begun)
    const { sending } = await begun.finally(() => running.delete(begun))
    await sending
  }
  return {
    async subscribe(socket, { id, payload }) {
      if (socket.state !== 'acknowledged') return socket.close(CloseCode.Unauthorized, 'Unauthorized')
      // The protocol would quote the id, which may be longer than a reason can be.
      if (socket.operationOf(id)) return socket.close(CloseCode.SubscriberAlreadyExists, 'Subscriber already exists')
      const operation: Operation = { id, release: () => {}, texts: undefined }
      socket.addOperation(operation)
      try {
        await answer(socket, operation, payload)
      } finally {
        operation.release()
        if (!operation.texts) socket.removeOperation(operation)
        // Its client asks elsewhere, now and not when it is the socket's turn.
        if (finishing && socket.inHand.length === 0) socket.close(GOING_AWAY, 'Going away')
      }
    },
    async finish() {
      finishing = true
      await Promise.allSettled(running)
    },
  }
}

interface Asked {
  socket: ClientSocket
  operation: Operation
  payload: SubscribePayload
}

type Send = () => Promise<void>

async function refuse(socket: ClientSocket, operation: Operation): Promise<Send> {
  const error = createUserError('UNAVAILABLE', requestTexts.stopping)
  return () => sendErrors(socket, operation, [error])
}

/** Does what was asked, up to the sending of the answer. */
async function work(options: OperationsOptions, enter: Enter, asked: Asked): Promise<Send> {
  const { socket, operation } = asked
  const prepared = await prepare(options, enter, asked)
  if (Array.isArray(prepared)) return () => sendErrors(socket, operation, prepared)
  if (isSubscription(prepared)) return () => stream(options, { socket, operation, prepared })
  const result = await execute(prepared)
  return () => sendResult(socket, operation, result)
}

async function prepare(
  options: OperationsOptions,
  enter: Enter,
  { socket, operation, payload }: Asked,
): Promise<Prepared | GraphQLError[]> {
  const prepared = await begin(options, socket, operation, payload)
  if (Array.isArray(prepared)) return prepared
  const { session, viewer } = prepared.args.contextValue
  if (enter(socket, session?.id, viewer?.id)) return prepared
  operation.release()
  return [createGone()]
}

interface Starting {
  socket: ClientSocket
  operation: Operation
  prepared: Prepared
}

async function stream({ log }: OperationsOptions, { socket, operation, prepared }: Starting): Promise<void> {
  const started = await startStream(prepared, operation)
  if ('result' in started) return sendResult(socket, operation, started.result)
  const { texts } = started
  // Completed by its client while it started, or without a socket.
  if (!socket.has(operation)) return texts.leave()
  operation.texts = texts
  // Not awaited: what has been needed to start it goes.
  sendTexts(texts, operation.id, (text) => socket.deliver(text))
    .then(() => sendComplete(socket, operation))
    .catch((error: unknown) => {
      log.error({ err: error }, 'stream could not be sent')
      socket.close(CloseCode.InternalServerError, 'Internal server error')
    })
}

async function sendErrors(socket: ClientSocket, operation: Operation, errors: readonly GraphQLError[]): Promise<void> {
  if (!socket.has(operation)) return
  await socket.deliver(toText(operation, MessageType.Error, formatErrors(socket, errors)))
}

async function sendResult(
  socket: ClientSocket,
  operation: Operation,
  { errors, ...rest }: ExecutionResult,
): Promise<void> {
  if (socket.has(operation)) {
    const payload = errors ? { ...rest, errors: formatErrors(socket, errors) } : rest
    await socket.deliver(toText(operation, MessageType.Next, payload))
  }
  // Only once the answer is sent, so a client that doesn't read can't queue more answers than it has slots.
  operation.release()
  await sendComplete(socket, operation)
}

function formatErrors({ language }: ClientSocket, errors: readonly GraphQLError[]): GraphQLFormattedError[] {
  return errors.map((error) => formatError(inLanguage(error, language)))
}

async function sendComplete(socket: ClientSocket, operation: Operation): Promise<void> {
  if (!socket.has(operation)) return
  socket.removeOperation(operation)
  await socket.deliver(toText(operation, MessageType.Complete))
}

function toText({ id }: Operation, type: MessageType, payload?: object): string {
  return JSON.stringify({ id, type, payload })
}
