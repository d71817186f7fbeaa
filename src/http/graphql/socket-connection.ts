import { CloseCode, type Message, MessageType, parseMessage, stringifyMessage } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketExtra } from './socket-operation.ts'
import type { SocketProtocol } from './socket-protocol.ts'

/** The types of messages that a client may send. */
const CLIENT_TYPES: ReadonlySet<MessageType> = new Set([
  MessageType.ConnectionInit,
  MessageType.Ping,
  MessageType.Pong,
  MessageType.Subscribe,
  MessageType.Complete,
])
/** Without the payload of the ping: what a client doesn't read may not grow with what it sends. */
const PONG = stringifyMessage({ type: MessageType.Pong })

interface ConnectionOptions {
  log: Logger
  protocol: SocketProtocol
  limits: SocketLimits
}

/** Carries the protocol over one WebSocket, until it closes. */
export function carry({ log, protocol, limits }: ConnectionOptions, extra: SocketExtra): void {
  const { socket, send } = extra
  const rate = limits.watchRate(socket)
  const closed = protocol.server.opened(
    {
      protocol: socket.protocol,
      send,
      close(code, reason) {
        if (code === CloseCode.ConnectionInitialisationTimeout) limits.count('socketInitSeconds')
        socket.close(code, reason)
      },
      onMessage: (handle) =>
        socket.on('message', (data: Buffer, isBinary: boolean) => {
          if (socket.readyState !== socket.OPEN || !rate.countMessage()) return
          const read = isBinary ? null : readMessage(data.toString())
          if (!read) return socket.close(CloseCode.BadRequest, 'Invalid message received')
          if (read.type === MessageType.Subscribe && !rate.countOperation()) return
          // graphql-ws takes it as well, which its types leave out; the text it would hold for as long as a stream.
          const message: unknown = read
          handle(message as string).catch((error: unknown) => {
            log.warn({ err: error }, 'socket message could not be handled')
            socket.close(CloseCode.InternalServerError, 'Internal server error')
          })
        }),
      onPing: createPongs(send),
    },
    extra,
  )
  socket.on('ping', rate.countMessage)
  socket.on('pong', rate.countMessage)
  socket.once('close', (code, reason) => {
    closed(code, String(reason)).catch((error: unknown) => {
      log.error({ err: error }, 'socket closed, and its operations could not be ended')
    })
  })
}

/** Null for what no client sends: no message of the protocol, or one of a server. */
function readMessage(text: string): Message | null {
  try {
    const message = parseMessage(text)
    return CLIENT_TYPES.has(message.type) ? message : null
  } catch {
    return null
  }
}

/**
 * Sends, and resolves once the message is handed to the network. Whoever left more than `unreadBytes` unread is
 * terminated: a close frame would wait behind all that. The message that is sent last doesn't count, as an answer may be
 * larger than that by itself.
 */
export function createSend(socket: WebSocket, unreadBytes: number, onTerminate: () => void): SocketExtra['send'] {
  return (data) =>
    new Promise<void>((resolve) => {
      // A socket that can't send is about to close, and that ends its operations.
      if (socket.readyState !== socket.OPEN) return resolve()
      const isUnread = socket.bufferedAmount > unreadBytes
      socket.send(data, () => resolve())
      if (!isUnread) return
      onTerminate()
      socket.terminate()
    })
}

/** Answers pings. One pong waits to be read at most: it says as much as many. */
function createPongs(send: (data: string) => Promise<void>) {
  let isUnsent = false
  return async () => {
    if (isUnsent) return
    isUnsent = true
    await send(PONG)
    isUnsent = false
  }
}
