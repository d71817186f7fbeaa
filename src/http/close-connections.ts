import type { Server } from 'node:http'

/** Waits until the server is `closed`; connections that are still in use after `withinMs` are cut off. */
export async function closeConnections(server: Server, withinMs: number, closed: Promise<unknown>): Promise<void> {
  // Node keeps a connection open after its last request, so idle ones are closed again and again.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const cutOff = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cutOff)
}
