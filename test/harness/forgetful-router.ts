import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { listen } from './listen.ts'

export interface ForgetfulRouter {
  /** Leads to the server behind it. */
  url: string
  /** How many connections were made through it. */
  connections(): number
  /**
   * Forgets all connections that there are, as a NAT does with idle ones: whatever is sent over them from here on is
   * swallowed, and neither side hears of it.
   */
  forget(): void
  close(): Promise<void>
}

/** A router on the way to the server at `targetUrl`. */
export async function openForgetfulRouter(targetUrl: string): Promise<ForgetfulRouter> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let made = 0
  let generation = 0
  const server = createServer((client) => {
    made += 1
    const born = generation
    const upstream = connect(Number(target.port), target.hostname)
    const forward = (from: Socket, to: Socket) => {
      sockets.add(from)
      from.setNoDelay()
      from.on('data', (bytes) => {
        if (born === generation) to.write(bytes)
      })
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
    }
    forward(client, upstream)
    forward(upstream, client)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => made,
    forget: () => {
      generation += 1
    },
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
