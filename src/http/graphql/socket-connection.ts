import { CloseCode, MessageType, parseMessage, stringifyMessage } from 'graphql-ws'
import type { Logger } from 'pino'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketExtra, SocketProtocol } from './socket-protocol.ts'

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
  /** How much a client may leave unread before its connection ends. */
  unreadBytes: number
}

/** Carries the protocol over one WebSocket, until it closes. */
export function carry({ log, protocol, limits, unreadBytes }: ConnectionOptions, extra: SocketExtra): void {
  const { socket } = extra
  const rate = limits.watchRate(socket)
  const send = createSend(extra, unreadBytes, () => limits.count('unreadBytes'))
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
          const text = data.toString()
          const type = isBinary ? null : typeOf(text)
          if (!type) return socket.close(CloseCode.BadRequest, 'Invalid message received')
          if (type === MessageType.Subscribe && !rate.countOperation()) return
          handle(text).catch((error: unknown) => {
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

/** The type of a message; null for what no client sends: no message of the protocol, or one of a server. */
function typeOf(text: string): MessageType | null {
  try {
    const { type } = parseMessage(text)
    return CLIENT_TYPES.has(type) ? type : null
  } catch {
    return null
  }
}

/**
 * Sends, and resolves once the message is handed to the network. Whoever left more than `unreadBytes` unread is
 * terminated: a close frame would wait behind all that. The message that is sent last doesn't count, as an answer may be
 * larger than that by itself.
 */
function createSend({ socket }: SocketExtra, unreadBytes: number, onTerminate: () => void) {
  return (data: string) =>
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
