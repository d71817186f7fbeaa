import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { handleProtocols } from 'graphql-ws'
import { type Server, WebSocketServer } from 'ws'
import type { Deps } from '../../deps.ts'
import { clientAddress } from '../limits/client-address.ts'
import { endConnection } from '../limits/end-connection.ts'
import { ClientSocket } from './client-socket.ts'
import { createCarrier } from './socket-connection.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketProtocol } from './socket-protocol.ts'
import { GOING_AWAY, keepSockets } from './socket-upkeep.ts'

/** In how many pieces a message may arrive: each costs more memory than a byte of it. */
const MAX_FRAGMENTS = 64
const MAX_CHUNKS = 1_024
/** How long a client has to answer a close, before its connection is cut. */
const CLOSE_ANSWER_MS = 5_000
/** How long a stop waits for operations in hand. */
const FINISH_TIMEOUT_MS = 5_000
/**
 * Sockets that have nothing in hand are closed meanwhile, so many at once and then the next after a pause, since their
 * clients come back together. However many there are, it takes no longer than `CLOSE_WITHIN_MS`.
 */
const CLOSE_AT_ONCE = 20
const CLOSE_PAUSE_MS = 10
const CLOSE_WITHIN_MS = 3_000
/** How long it then waits for clients to answer the close. */
const CLOSE_TIMEOUT_MS = 1_000

export interface SocketServer {
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Closes every socket with 1001, once its operations in hand are answered. */
  close: () => Promise<void>
}

/** Carries the protocol over WebSockets. */
export function openSocketServer(
  { log, config }: Pick<Deps, 'log' | 'config'>,
  protocol: SocketProtocol,
  limits: SocketLimits,
): SocketServer {
  const { bodyBytes, socketLifetimeSeconds } = config.limits
  const webSockets = createWebSocketServer(bodyBytes)
  const upkeep = keepSockets<ClientSocket>(
    { lifetimeSeconds: socketLifetimeSeconds },
    ({ inHand }) => inHand.length > 0,
  )
  const carry = createCarrier({ log, protocol, limits })
  // ws then closes the socket by itself, with the right code.
  const onError = ({ message }: Error) => log.debug({ reason: message }, 'socket broke the WebSocket protocol')

  const open = (socket: ClientSocket, address: string) => {
    socket.address = address
    socket.unread = limits.unread
    socket.on('error', onError)
    upkeep.add(socket)
    carry(socket)
  }

  return {
    handleUpgrade(request, socket, head) {
      if (socket.destroyed) return
      const address = clientAddress(request, config.trustedProxies)
      const admission = limits.admit(address)
      if (typeof admission !== 'function') return endConnection(socket, admission.status, admission)
      // Every way out ends here, also of a socket that is never opened.
      socket.on('close', admission)
      webSockets.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, address))
    },
    async close() {
      upkeep.stop()
      webSockets.close()
      await Promise.all([
        Promise.race([protocol.finish(), setTimeout(FINISH_TIMEOUT_MS, undefined, { ref: false })]),
        closeInTurns([...webSockets.clients]),
      ])
      // The last answers are written before the event loop comes round again.
      await setImmediate()
      await closeAll([...webSockets.clients])
    },
  }
}

function createWebSocketServer(maxPayload: number): Server<typeof ClientSocket> {
  // Not written into the call: ws has `closeTimeout`, and its types haven't.
  const options = {
    noServer: true,
    WebSocket: ClientSocket,
    handleProtocols,
    // One message per turn of the event loop: thousands may come in one packet.
    allowSynchronousEvents: false,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    perMessageDeflate: false,
    closeTimeout: CLOSE_ANSWER_MS,
  }
  return new WebSocketServer(options)
}

/** Closes those that have nothing in hand when it is their turn. */
async function closeInTurns(sockets: ClientSocket[]): Promise<void> {
  const startedAt = performance.now()
  for (let closed = 0; closed < sockets.length; ) {
    if (closed > 0) await setTimeout(CLOSE_PAUSE_MS)
    const share = (performance.now() - startedAt) / CLOSE_WITHIN_MS
    const due = Math.max(closed + CLOSE_AT_ONCE, Math.ceil(share * sockets.length))
    for (const socket of sockets.slice(closed, due))
      if (socket.inHand.length === 0) socket.close(GOING_AWAY, 'Going away')
    closed = due
  }
}

async function closeAll(sockets: ClientSocket[]): Promise<void> {
  const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  for (const socket of sockets) socket.close(GOING_AWAY, 'Going away')
  await Promise.race([closed, setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
  for (const socket of sockets) socket.terminate()
}
