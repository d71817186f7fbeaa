import type { Duplex } from 'node:stream'

/** Answers with this status, like `503 Service Unavailable`, and ends the connection, also for who would keep it half open. */
export function endConnection(
  socket: Duplex,
  status: string,
  { retryAfterSeconds }: { retryAfterSeconds?: number } = {},
): void {
  const retryAfter = retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end([`HTTP/1.1 ${status}`, ...retryAfter, 'Connection: close', 'Content-Length: 0', '', ''].join('\r\n'))
}
