import type { WebSocketClass } from './platform.ts'
import { createSocketClass } from './socket-class.ts'

/** With it graphql-ws closes a socket that nobody uses any more. */
const NORMAL_CLOSURE = 1000

export interface IdleSockets {
  /** For graphql-ws, with `lazyCloseTimeout: 0`. */
  socketClass: WebSocketClass
  /** The socket is used again. */
  keepOpen(): void
  /** Lets go of a socket at once, even one that is just being opened, or whose server no longer answers. */
  close(): void
}

interface Closable {
  close(code?: number, reason?: string): void
  addEventListener?(name: 'error', listener: () => void): void
  /** Of Node's `ws`. */
  terminate?(): void
}

/**
 * Sockets that stay open for a while when nobody uses them. The timer is ours and not that of graphql-ws, whose timer
 * outlives its socket and would keep a Node process alive.
 */
export function createIdleSockets(webSocket: WebSocketClass, idleMs: number): IdleSockets {
  let timer: ReturnType<typeof setTimeout> | undefined
  let current: Closable | undefined
  let isClosed = false

  const socketClass = createSocketClass((url, protocol) => {
    const socket = new webSocket(url, protocol) as Closable
    const close = socket.close.bind(socket)
    socket.close = (code, reason) => {
      clearTimeout(timer)
      if (code === NORMAL_CLOSURE && !isClosed) timer = setTimeout(() => close(code, reason), idleMs)
      else close(code, reason)
    }
    // Node's `ws` throws the error of a socket that is closed while it is being opened, when nobody listens.
    socket.addEventListener?.('error', () => {})
    current = socket
    return socket
  })
  return {
    socketClass,
    keepOpen: () => clearTimeout(timer),
    close() {
      isClosed = true
      clearTimeout(timer)
      current?.terminate?.()
    },
  }
}
