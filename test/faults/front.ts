import { connect, createServer, type Socket } from 'node:net'
import { listen } from '../harness/listen.ts'

interface Front {
  /** Where WeChat sends its notices. */
  port: number
  close(): void
}

/** What stands before the API processes: each connection goes to the next of them, or to another when that one refuses. */
export async function openFront(ports: number[]): Promise<Front> {
  let turn = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {}).once('close', () => sockets.delete(client))
    turn += 1
    join(
      client,
      ports.map((_, index) => ports[(turn + index) % ports.length] ?? 0),
    )
  })
  return {
    port: await listen(server),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function join(client: Socket, [port, ...others]: number[]): void {
  if (port === undefined) return void client.destroy()
  const upstream = connect(port, '127.0.0.1')
  let isConnected = false
  upstream.once('connect', () => {
    isConnected = true
    client.pipe(upstream)
    upstream.pipe(client)
  })
  upstream.on('error', () => {
    if (isConnected) client.destroy()
    else join(client, others)
  })
  client.once('close', () => upstream.destroy())
}
