import { CloseCode, type Message, MessageType, parseMessage } from 'graphql-ws'
import type { Logger } from 'pino'
import { type ClientSocket, listener } from './client-socket.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketProtocol } from './socket-protocol.ts'

/** The types of messages that a client may send. */
const CLIENT_TYPES: ReadonlySet<MessageType> = new Set([
  MessageType.ConnectionInit,
  MessageType.Ping,
  MessageType.Pong,
  MessageType.Subscribe,
  MessageType.Complete,
])

/** In characters. An id is kept with its stream, and sent with each of its messages. */
const MAX_ID_LENGTH = 256

interface ConnectionOptions {
  log: Logger
  protocol: SocketProtocol
  limits: SocketLimits
}

/** Makes what carries the protocol over WebSockets, each until it closes. All of them share the listeners. */
export function createCarrier({ log, protocol, limits }: ConnectionOptions): (socket: ClientSocket) => void {
  const receive = listener((socket, data: Buffer, isBinary: boolean) => {
    if (socket.readyState !== socket.OPEN || !limits.countMessage(socket)) return
    const message = isBinary ? null : readMessage(data.toString())
    if (!message) return socket.close(CloseCode.BadRequest, 'Invalid message received')
    if (message.type === MessageType.Subscribe && !limits.countOperation(socket)) return
    protocol.handle(socket, message).catch((error: unknown) => {
      log.warn({ err: error }, 'socket message could not be handled')
      socket.close(CloseCode.InternalServerError, 'Internal server error')
    })
  })
  const count = listener((socket) => void limits.countMessage(socket))
  const end = listener((socket) => {
    protocol.closed(socket).catch((error: unknown) => {
      log.error({ err: error }, 'socket closed, and its operations could not be ended')
    })
  })
  return (socket) => {
    socket.on('message', receive).on('ping', count).on('pong', count).on('close', end)
    protocol.opened(socket)
  }
}

/** Null for what no client sends: no message of the protocol, one of a server, or one of a very long id. */
function readMessage(text: string): Message | null {
  try {
    const message = parseMessage(text)
    if ('id' in message && message.id.length > MAX_ID_LENGTH) return null
    return CLIENT_TYPES.has(message.type) ? message : null
  } catch {
    return null
  }
}
