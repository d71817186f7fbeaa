import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPlayed } from '../proxy/hosts.ts'
import { PayError } from './pay-error.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/
const ADDRESS = /^(\d+(\.\d+){3}|\[[\da-f:.]+\])$/
/** Names that nobody can register, and so nobody else can point here: RFC 6761, 6762, 8375, ICANN's `internal`. */
const PRIVATE_NAME = /^([\w-]+|.*\.(localhost|local|test|internal|home\.arpa))$/

/**
 * Lets browsers call the sandbox's abilities from the sandbox's own page, and from pages of this machine or of the same host,
 * such as that of `npm start`. Programs that send no Origin are no browsers.
 *
 * @throws {PayError} NO_AUTH for any other page: a web site that a developer visits must not pay, refund or read here. A name
 * that isn't this machine's may be such a site's, pointed here by its DNS.
 */
export function admitBrowser({ headers, socket }: IncomingMessage, response: ServerResponse): void {
  const host = hostnameOf(`http://${headers.host ?? ''}`)
  if (headers.host !== undefined && isLocal(socket.localAddress) && !isNameOfThisMachine(host)) {
    throw new PayError(
      'NO_AUTH',
      `Host must be a name of this machine, and ${headers.host} may be anybody’s`,
      undefined,
      'Host must be an address, or a name that is not on the Internet',
    )
  }
  const { origin } = headers
  if (origin === undefined) return
  const from = hostnameOf(origin)
  if (from === '' || (from !== host && !LOOPBACK.test(from))) {
    throw new PayError('NO_AUTH', `A page of ${origin} may not use this sandbox`)
  }
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE, OPTIONS')
  response.setHeader('Access-Control-Allow-Headers', 'content-type')
  response.setHeader('Access-Control-Max-Age', '600')
}

/** Empty for what is no URL of http or https, such as an Origin of null. */
function hostnameOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed.hostname.toLowerCase() : ''
}

function isLocal(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

function isNameOfThisMachine(host: string): boolean {
  return ADDRESS.test(host) || PRIVATE_NAME.test(host) || isPlayed(host)
}
