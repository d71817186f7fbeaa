import { setTimeout } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ATTACKER, type Attack, type Count } from '../attack.ts'
import type { TargetUrls } from '../target.ts'
import { times } from './http.ts'

const WATCH_MS = 1_000
const SLOTS = ['looklook_open_sockets', 'looklook_open_streams']

/** Opens so many sockets, has `act` do its worst with each that opened, and counts how they are closed within a second. */
async function withSockets(
  { api }: TargetUrls,
  howMany: number,
  count: Count,
  act: (socket: WebSocket) => void,
): Promise<void> {
  const sockets = times(howMany, () => {
    const socket = new WebSocket(`${api.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      localAddress: ATTACKER,
    })
    socket.on('error', () => {})
    socket.once('unexpected-response', (sent, { statusCode }) => {
      count(String(statusCode))
      sent.destroy()
    })
    socket.once('close', (code) => count(String(code)))
    socket.on('message', (data: Buffer) => {
      const code = /"code":"([A-Z_]+)"/.exec(String(data))?.[1]
      if (code) count(code)
    })
    return socket
  })
  await Promise.all(sockets.map(isSettled))
  for (const socket of sockets) if (socket.readyState === WebSocket.OPEN) act(socket)
  await setTimeout(WATCH_MS)
  for (const socket of sockets) socket.removeAllListeners('close').terminate()
}

function isSettled(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['open', 'close', 'unexpected-response']) socket.once(event, () => resolve())
  })
}

const init = (socket: WebSocket) => socket.send('{"type":"connection_init"}')

const subscribe = (id: string, query: string) => JSON.stringify({ id, type: 'subscribe', payload: { query } })

export const socketAttacks: Attack[] = [
  {
    name: 'fifteen hundred sockets of one address',
    limit: 'LIMIT_SOCKETS_PER_ADDRESS, LIMIT_CONNECTIONS_PER_ADDRESS',
    refusals: ['429', '503', '1006'],
    gauges: SLOTS,
    burst: (urls, count) => withSockets(urls, 1_500, count, () => {}),
  },
  {
    name: 'pings of 30 KB, and nothing is read',
    limit: 'LIMIT_UNREAD_BYTES, LIMIT_OPERATIONS_PER_SOCKET_SECOND',
    refusals: ['4429', '1006', '1009', '4400'],
    gauges: SLOTS,
    burst: (urls, count) =>
      withSockets(urls, 4, count, (socket) => {
        init(socket)
        const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(30_000) } })
        for (const _ of times(500, () => 0)) socket.send(ping)
      }),
  },
  {
    name: 'two thousand subscribes in one packet',
    limit: 'LIMIT_OPERATIONS_PER_SOCKET_SECOND',
    refusals: ['4429', 'RATE_LIMITED'],
    gauges: SLOTS,
    burst: (urls, count) =>
      withSockets(urls, 4, count, (socket) => {
        init(socket)
        for (const id of times(2_000, String)) socket.send(subscribe(id, '{ homestays { edges { node { id } } } }'))
      }),
  },
  {
    name: 'messages that are none',
    limit: 'closed with 4400',
    refusals: ['4400'],
    gauges: SLOTS,
    burst: (urls, count) =>
      withSockets(urls, 20, count, (socket) => {
        init(socket)
        for (const text of ['{"type":"next","id":"1","payload":{}}', '{', '[]', '"x"']) socket.send(text)
      }),
  },
]
