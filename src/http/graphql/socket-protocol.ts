import { GraphQLError } from 'graphql'
import {
  CloseCode,
  type ConnectionInitMessage,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
} from 'graphql-ws'
import { toTimeout } from '../../infra/timeout.ts'
import { readLanguage } from '../language.ts'
import { clientOf } from '../limits/operation-slots.ts'
import { type ClientSocket, NO_OPERATIONS } from './client-socket.ts'
import { createAnswers, type Enter } from './socket-answers.ts'
import type { OperationsOptions } from './socket-operation.ts'

/**
 * The graphql-transport-ws protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Any socket may
 * connect; each operation is checked by itself. (graphql-ws has a server of its own, but that one keeps a suspended call
 * with all that it was given for each subscription, which is more than the rest of it.)
 */
export interface SocketProtocol {
  /** A socket is open, and has some time for its connection_init. */
  opened: (socket: ClientSocket) => void
  /** Does what a message of the client asks for. */
  handle: (socket: ClientSocket, message: Message) => Promise<void>
  /** Ends whatever the socket had. */
  closed: (socket: ClientSocket) => Promise<void>
  /** Refuses new operations, and closes sockets with 1001 as theirs end; resolves when those in hand have been answered. */
  finish: () => Promise<void>
}

export interface SocketProtocolOptions extends OperationsOptions {
  authenticate: (authorization: unknown) => Promise<{ sessionId: string; viewer: { id: string } } | null>
  watchSession: (sessionId: string, onEnd: () => void) => () => void
  /** How long a socket may stay open without a connection_init. */
  initSeconds: number
}

const ACK = JSON.stringify({ type: MessageType.ConnectionAck })
/** In characters; a token of ours has some 250. */
const MAX_AUTHORIZATION_LENGTH = 4_096
/** Without the payload of the ping: what a client doesn't read may not grow with what it sends. */
const PONG = JSON.stringify({ type: MessageType.Pong })

export function createSocketProtocol(options: SocketProtocolOptions): SocketProtocol {
  const { limits, initSeconds } = options
  const enter = createEntrance(options)
  const answers = createAnswers(options, enter)
  const initMs = toTimeout(initSeconds * 1_000)
  const timeOut = (socket: ClientSocket) => {
    limits.count('socketInitSeconds')
    socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
  }
  return {
    opened(socket) {
      if (socket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) socket.initTimer = setTimeout(timeOut, initMs, socket)
      else socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
    },
    async handle(socket, message) {
      if (message.type === MessageType.ConnectionInit) await initialise(options, enter, socket, message)
      else if (message.type === MessageType.Subscribe) await answers.subscribe(socket, message)
      else if (message.type === MessageType.Complete) await complete(socket, message.id)
      else if (message.type === MessageType.Ping) await answerPing(socket)
    },
    async closed(socket) {
      clearTimeout(socket.initTimer)
      socket.leaveUser?.()
      const streams = socket.operations
      socket.operations = NO_OPERATIONS
      for (const { release } of socket.inHand) release()
      await Promise.all(streams.map(async ({ texts }) => texts?.leave()))
    },
    finish: answers.finish,
  }
}

function createEntrance({ limits, watchSession }: SocketProtocolOptions): Enter {
  return (socket, sessionId, userId) => {
    if (socket.readyState !== socket.OPEN) return false
    if (sessionId === undefined || userId === undefined || socket.leaveUser) return true
    const releaseSlot = limits.admitUser(socket, userId)
    if (!releaseSlot) return false
    const stopWatch = watchSession(sessionId, () => socket.close(CloseCode.Forbidden, 'Session ended'))
    socket.leaveUser = () => {
      stopWatch()
      releaseSlot()
    }
    return true
  }
}

async function initialise(
  { log, authenticate, slots }: SocketProtocolOptions,
  enter: Enter,
  socket: ClientSocket,
  { payload }: ConnectionInitMessage,
): Promise<void> {
  if (socket.state !== 'new')
    return socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
  socket.state = 'initialising'
  clearTimeout(socket.initTimer)
  socket.initTimer = undefined
  const authorization = asAuthorization(payload?.['authorization'])
  socket.authorization = authorization
  socket.language = readLanguage(payload?.['language'])
  let release: (() => void) | undefined
  try {
    release = slots.acquire(clientOf({ authorization, address: socket.address }))
    const session = await authenticate(authorization)
    enter(socket, session?.sessionId, session?.viewer.id)
  } catch (error) {
    // A bad token, or one too many to be read now, doesn't end the socket: each operation finds out by itself.
    if (!(error instanceof GraphQLError)) log.warn({ err: error }, 'session of a new socket could not be read')
  } finally {
    release?.()
  }
  socket.state = 'acknowledged'
  await socket.deliver(ACK)
}

/** What is kept for as long as the socket: a token, nothing, or false for what can be no token. */
function asAuthorization(given: unknown): string | false | undefined {
  if (given === undefined || given === null) return undefined
  return typeof given === 'string' && given.length <= MAX_AUTHORIZATION_LENGTH && given
}

/** One pong waits to be read at most: it says as much as many. */
async function answerPing(socket: ClientSocket): Promise<void> {
  if (socket.isPongUnsent) return
  socket.isPongUnsent = true
  await socket.deliver(PONG)
  socket.isPongUnsent = false
}

/** The client doesn't wait for the operation any more. */
async function complete(socket: ClientSocket, id: string): Promise<void> {
  const operation = socket.operationOf(id)
  if (!operation) return
  socket.removeOperation(operation)
  await operation.texts?.leave()
}
