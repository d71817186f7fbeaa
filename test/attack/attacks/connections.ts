import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { ATTACKER, type Attack, type Count } from '../attack.ts'
import { times } from './http.ts'

const WATCH_MS = 1_000

const HEAD = ['POST /graphql HTTP/1.1', 'host: attack', 'content-type: application/json']

/** Opens so many connections, sends each this text, and counts the statuses that come back within a second. */
async function sendRaw(api: string, howMany: number, text: string, count: Count): Promise<void> {
  const { hostname, port } = new URL(api)
  const sockets = await Promise.all(times(howMany, () => open(hostname, Number(port))))
  for (const socket of sockets) {
    socket.on('data', (chunk: Buffer) => {
      for (const [, status] of String(chunk).matchAll(/HTTP\/1\.1 (\d{3})/g)) count(status ?? '')
    })
    socket.once('close', () => count('closed'))
    socket.write(text)
  }
  await setTimeout(WATCH_MS)
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ port, host, localAddress: ATTACKER })
  socket.on('error', () => {})
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return socket
}

function rawRequest(body: string, headers: string[] = []): string {
  return [...HEAD, `content-length: ${body.length}`, ...headers, '', body].join('\r\n')
}

const READ = rawRequest('{"query":"{ homestays { edges { node { id } } } }"}')

export const connectionAttacks: Attack[] = [
  {
    name: 'two thousand idle connections',
    limit: 'LIMIT_CONNECTIONS_PER_ADDRESS',
    refusals: ['closed', '429', '503'],
    burst: ({ api }, count) => sendRaw(api, 2_000, '', count),
  },
  {
    name: 'three hundred requests in one packet',
    limit: 'LIMIT_REQUESTS_IN_HAND_PER_CONNECTION',
    refusals: ['closed', '429', '503'],
    burst: ({ api }, count) => sendRaw(api, 4, READ.repeat(300), count),
  },
  {
    name: 'bodies that never end',
    limit: 'LIMIT_CONNECTIONS_PER_ADDRESS',
    refusals: ['closed', '429', '503', '413'],
    burst: ({ api }, count) => sendRaw(api, 1_500, `${HEAD.join('\r\n')}\r\ncontent-length: 30000\r\n\r\n{`, count),
  },
  {
    name: 'request ids of 15 KB',
    limit: 'checked by its form, cut at 1 KB',
    refusals: ['200', '400', '431'],
    burst: ({ api }, count) =>
      sendRaw(api, 20, rawRequest('{"query":"{"}', [`x-request-id: ${'a@'.repeat(7_000)}`]), count),
  },
  {
    name: 'forged notices',
    limit: 'refused by their headers, before the body is parsed and without the database',
    refusals: ['401'],
    burst: ({ api }, count) => sendRaw(api, 50, forgedNotice(), count),
  },
]

function forgedNotice(): string {
  const body = '{"id":"forged"}'
  return [
    'POST /wechat/pay/notify HTTP/1.1',
    'host: attack',
    'content-type: application/json',
    `content-length: ${body.length}`,
    'wechatpay-serial: 0123456789ABCDEF0123456789ABCDEF01234567',
    `wechatpay-timestamp: ${Math.floor(Date.now() / 1000)}`,
    'wechatpay-nonce: attack',
    `wechatpay-signature: ${'A'.repeat(342)}==`,
    '',
    body,
  ].join('\r\n')
}
