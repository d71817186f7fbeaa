import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { CloseCode, handleProtocols } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SocketProtocol } from './socket-protocol.ts'

const MAX_MESSAGE_BYTES = 100 * 1024
/** More than the answers to as many operations as may be in hand. */
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
 * Carries the protocol over WebSockets. (graphql-ws has such an adapter, which writes what clients do wrong to the
 * console; this one knows our log, and how to stop.)
 */
export function openSocketServer(log: Logger, protocol: SocketProtocol): SocketServer {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols })
  const silent = new WeakSet<WebSocket>()

  const pings = setInterval(() => {
    for (const socket of webSockets.clients) {
      if (silent.has(socket)) socket.terminate()
      silent.add(socket)
      socket.ping()
    }
  }, PING_EVERY_MS)

  webSockets.on('connection', (socket: WebSocket) => {
    socket.on('pong', () => silent.delete(socket))
    // The socket closes itself then, with the code that fits.
    socket.on('error', (err) => log.debug({ err }, 'a client broke the WebSocket protocol'))
    endWhenUnread(socket)
    carry(log, protocol, socket)
  })

  return {
    handleUpgrade(request, socket, head) {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit('connection', webSocket, request))
    },
    async close() {
      clearInterval(pings)
      webSockets.close()
      await Promise.race([protocol.finish(), setTimeout(FINISH_TIMEOUT_MS, undefined, { ref: false })])
      // The last answers are written in this turn of the loop.
      await setImmediate()
      const open = [...webSockets.clients]
      const closed = Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
      for (const socket of open) socket.close(GOING_AWAY, 'Going away')
      await Promise.race([closed, setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      for (const socket of open) socket.terminate()
    },
  }
}

/** Whoever doesn't read is sent no more: a close would wait behind all the rest. (ws limits its own pongs.) */
function endWhenUnread(socket: WebSocket): void {
  socket.on('message', () => {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate()
  })
}

function carry(log: Logger, { server }: SocketProtocol, socket: WebSocket): void {
  const closed = server.opened(
    {
      protocol: socket.protocol,
      // A socket that can't send is about to close, and that ends its operations.
      send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (onMessage) =>
        socket.on('message', (data: Buffer) => {
          onMessage(data.toString()).catch((error: unknown) => {
            log.warn({ err: error }, 'a WebSocket message could not be handled')
            socket.close(CloseCode.InternalServerError, 'Internal server error')
          })
        }),
    },
    { socket },
  )
  socket.once('close', (code, reason) => {
    closed(code, String(reason)).catch((error: unknown) => {
      log.error({ err: error }, 'the operations of a closed WebSocket could not be ended')
    })
  })
}
