import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { SandboxLog } from '../world.ts'
import { type Authority, issueLeaf, openAuthority } from './authority.ts'
import { isPlayed, playedHosts } from './hosts.ts'

const HANDSHAKE_WITHIN_MS = 10_000
/** A tunnel through which nothing comes any more: longer than any client waits for WeChat. */
const IDLE_MS = 300_000
const MAX_TUNNELS = 1000
const MAX_CONNECTIONS = 2 * MAX_TUNNELS
/** The certificate is renewed so long before its end. */
const RENEWED_MS = 30 * 86_400_000

const REFUSAL = `This is the proxy of a WeChat sandbox. It plays ${playedHosts.join(', ')} on port 443, and passes nothing on: name other hosts in NO_PROXY.`
const DISTRUST = 'A client of the proxy left before it called: it must trust the certificate authority in ca.pem.'
const BUSY = `The proxy of the WeChat sandbox has ${MAX_TUNNELS} tunnels open, and takes no more.`

/** Whom it hands connections to, and what it logs with. */
interface ProxyDeps {
  server: Server
  log: SandboxLog
}

/**
 * Opens an HTTP proxy that plays WeChat's hosts: it ends their TLS itself, and hands each connection to `server`. It opens no
 * connection to anybody.
 *
 * @returns undefined without a `proxyPort`.
 * @throws {Error} when the port is taken (`code` EADDRINUSE), or the authority's files in `stateDir` are damaged.
 */
export async function openProxyWhere(
  { host, proxyPort, stateDir }: { host: string; proxyPort?: number; stateDir?: string },
  { server, log }: ProxyDeps,
) {
  if (proxyPort === undefined) return undefined
  const authority = openAuthority(stateDir, Date.now())
  const tunnels = new Set<Socket>()
  const tls = openTls(authority, { server, log })
  const proxy = createServer((request, response) => servePlain({ server, log }, request, response))
  proxy.maxConnections = MAX_CONNECTIONS
  proxy.on('drop', () => log.error({ limit: MAX_CONNECTIONS }, 'proxy refused a connection: it has too many'))
  proxy.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // A client may leave at any time; what it loses by that it knows itself.
    socket.on('error', () => socket.destroy())
    if (!isTunnelToWechat(request.url)) {
      log.error({ host: request.url }, 'proxy refused a host that it does not play')
      refuse(socket, '403 Forbidden', REFUSAL)
    } else if (tunnels.size >= MAX_TUNNELS) {
      log.error({ limit: MAX_TUNNELS }, 'proxy refused a tunnel: it has too many')
      refuse(socket, '503 Service Unavailable', BUSY)
    } else {
      tunnels.add(socket)
      socket.once('close', () => tunnels.delete(socket))
      // Else a client that leaves during the handshake is noticed by its time limit alone.
      socket.allowHalfOpen = false
      socket.setTimeout(IDLE_MS, () => socket.destroy())
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      if (head.length > 0) socket.unshift(head)
      tls.take(socket)
    }
  })
  proxy.listen(proxyPort, host)
  await once(proxy, 'listening')
  return {
    port: (proxy.address() as AddressInfo).port,
    /** What clients trust, as PEM, and the file that it is kept in; no file without `stateDir`. */
    trusted: { certificate: authority.certificate, certificateFile: authority.file },
    async close(): Promise<void> {
      const closed = once(proxy, 'close')
      tls.close()
      proxy.close().closeAllConnections()
      for (const socket of tunnels) socket.destroy()
      await closed
    },
  }
}

/** Ends the TLS of tunnels, under a certificate of the authority, and hands what comes out to the server. */
function openTls(authority: Authority, { server, log }: ProxyDeps) {
  let leaf = issueLeaf(authority, Date.now())
  let isClosing = false
  const haveCalled = new WeakSet<Socket>()
  /** The connections under the TLS, by the client's address. */
  const carriers = new Map<string, Socket>()
  server.on('request', ({ socket }) => haveCalled.add(socket))
  const tls = createTlsServer({ ...leaf, ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_WITHIN_MS })
  tls.on('secureConnection', (socket) => {
    // A client may leave at any time.
    socket.on('error', () => socket.destroy())
    // Node.js resets no TLS, but what carries it.
    socket.resetAndDestroy = () => {
      carriers.get(clientOf(socket))?.resetAndDestroy()
      return socket.destroy()
    }
    // Some say nothing when they don't trust us: they just leave.
    socket.once('close', () => {
      if (!haveCalled.has(socket) && !isClosing) log.error({}, DISTRUST)
    })
    server.emit('connection', socket)
  })
  tls.on('tlsClientError', (error, socket) => {
    if (!isClosing) log.error({ error }, DISTRUST)
    socket.destroy()
  })
  return {
    take(socket: Socket): void {
      if (leaf.endsAt - Date.now() < RENEWED_MS) {
        leaf = issueLeaf(authority, Date.now())
        tls.setSecureContext(leaf)
      }
      const client = clientOf(socket)
      carriers.set(client, socket)
      socket.once('close', () => carriers.delete(client))
      tls.emit('connection', socket)
    },
    close: () => void (isClosing = true),
  }
}

function clientOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/**
 * What comes without CONNECT: some clients, such as older versions of axios, send a proxy the whole URL of what should be
 * encrypted.
 */
function servePlain({ server, log }: ProxyDeps, request: IncomingMessage, response: ServerResponse): void {
  const [, host = '', path = '/'] = /^https:\/\/([^/?#:]+)(?::443)?(\/.*)?$/i.exec(request.url ?? '') ?? []
  if (isPlayed(host)) {
    request.url = path
    server.emit('request', request, response)
    return
  }
  log.error({ host: request.headers.host }, 'proxy refused a host that it does not play')
  response.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(`${REFUSAL}\n`)
}

function isTunnelToWechat(target = ''): boolean {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(target) ?? []
  return port === '443' && isPlayed(host)
}

function refuse(socket: Socket, status: string, sentence: string): void {
  const body = `${sentence}\n`
  const headers = [
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  // Closed for good once it is written; a client that doesn't close its own side is not waited for.
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon())
}
