import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { CloseCode, handleProtocols } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Deps } from '../../deps.ts'
import { clientAddress } from '../limits/client-address.ts'
import type { SocketExtra, SocketProtocol } from './socket-protocol.ts'

const MAX_MESSAGE_BYTES = 100 * 1024
/** More than the answers to all operations that a socket may have in hand. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024
const PING_EVERY_MS = 12_000
/** How long a stop waits for operations in hand. */
const FINISH_TIMEOUT_MS = 5_000
/** How long it then waits for clients to answer the close. */
const CLOSE_TIMEOUT_MS = 1_000
const GOING_AWAY = 1001

export interface SocketServer {
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Answers the operations in hand, then closes every socket with 1001. */
  close: () => Promise<void>
}

/**
 * Carries the protocol over WebSockets. (graphql-ws has an adapter of its own, but that one writes protocol errors of
 * clients to the console, and can't stop gracefully.)
 */
export function openSocketServer(
  { log, config }: Pick<Deps, 'log' | 'config'>,
  protocol: SocketProtocol,
): SocketServer {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols })
  const silent = new WeakSet<WebSocket>()

  const pings = setInterval(() => {
    for (const socket of webSockets.clients) {
      if (silent.has(socket)) socket.terminate()
      silent.add(socket)
      socket.ping()
    }
  }, PING_EVERY_MS)

  webSockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    socket.on('pong', () => silent.delete(socket))
    // ws then closes the socket by itself, with the right code.
    socket.on('error', (err) => log.debug({ err }, 'socket broke the WebSocket protocol'))
    endWhenUnread(socket)
    carry(log, protocol, { socket, address: clientAddress(request, config.trustedProxies) })
  })

  return {
    handleUpgrade(request, socket, head) {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit('connection', webSocket, request))
    },
    async close() {
      clearInterval(pings)
      webSockets.close()
      await Promise.race([protocol.finish(), setTimeout(FINISH_TIMEOUT_MS, undefined, { ref: false })])
      // The last answers are written before the event loop comes round again.
      await setImmediate()
      const open = [...webSockets.clients]
      const closed = Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
      for (const socket of open) socket.close(GOING_AWAY, 'Going away')
      await Promise.race([closed, setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      for (const socket of open) socket.terminate()
    },
  }
}

/** Ends a socket whose client doesn't read: a close frame would wait behind all that is unsent. (ws caps its pongs.) */
function endWhenUnread(socket: WebSocket): void {
  socket.on('message', () => {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate()
  })
}

function carry(log: Logger, { server }: SocketProtocol, extra: SocketExtra): void {
  const { socket } = extra
  const closed = server.opened(
    {
      protocol: socket.protocol,
      // A socket that can't send is about to close, and that ends its operations.
      send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (onMessage) =>
        socket.on('message', (data: Buffer) => {
          onMessage(data.toString()).catch((error: unknown) => {
            log.warn({ err: error }, 'socket message could not be handled')
            socket.close(CloseCode.InternalServerError, 'Internal server error')
          })
        }),
    },
    extra,
  )
  socket.once('close', (code, reason) => {
    closed(code, String(reason)).catch((error: unknown) => {
      log.error({ err: error }, 'socket closed, and its operations could not be ended')
    })
  })
}
