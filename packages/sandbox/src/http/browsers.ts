import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPlayed } from '../proxy/hosts.ts'
import type { World } from '../world.ts'
import { PayError } from './pay-error.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/
const ADDRESS = /^(\d+(\.\d+){3}|\[[\da-f:.]+\])$/
/** Names that nobody can register, and so nobody else can point here: RFC 6761, 6762, 8375, ICANN's `internal`, routers' `lan`. */
const PRIVATE_NAME = /^([\w-]+|.*\.(localhost|local|test|internal|lan|home\.arpa))$/

/**
 * Lets browsers call the sandbox's abilities from the sandbox's own page, and from pages of this machine or of the same host,
 * such as that of `npm start`. Programs that send no Origin are no browsers.
 *
 * @throws {PayError} NO_AUTH for any other page: a web site that a developer visits must not pay, refund or read here. A name
 * of the Internet may be such a site's, pointed here by its DNS, unless it is one of `hosts`.
 */
export function admitBrowser(
  { hosts }: Pick<World, 'hosts'>,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const host = hostnameOf(`http://${headers.host ?? ''}`)
  if (headers.host !== undefined && !isOwnName(host) && !hosts.includes(host)) {
    throw new PayError(
      'NO_AUTH',
      `Host is ${headers.host}, which may be anybody’s: use an address, or name it in SANDBOX_HOSTS`,
      undefined,
      'Host must be an address, a name of a private network, or one of SANDBOX_HOSTS',
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

function isOwnName(host: string): boolean {
  return ADDRESS.test(host) || PRIVATE_NAME.test(host) || isPlayed(host)
}
