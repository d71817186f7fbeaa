import type { Duplex } from 'node:stream'

/** Answers an upgrade with this status (`503 Service Unavailable`), and ends the connection, also for who keeps it open. */
export function refuseUpgrade(
  socket: Duplex,
  status: string,
  { retryAfterSeconds }: { retryAfterSeconds?: number } = {},
) {
  const retryAfter = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\n${retryAfter}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
