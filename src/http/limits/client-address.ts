import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/** What of a request says where it comes from. */
type Origin = { socket: Pick<IncomingMessage['socket'], 'remoteAddress'> } & Pick<IncomingMessage, 'headers'>

/**
 * The address of the client, by which it is limited. Each of `trustedProxies` proxies before us appends the address of
 * whom it serves to `X-Forwarded-For`: what stands further to the left is the client's own claim, and counts for nothing.
 * What is no address there, which no proxy writes, doesn't count either: it would be a key of any length. Of IPv6 it is the
 * network, since a host there has as many addresses as it likes.
 */
export function clientAddress({ socket, headers }: Origin, trustedProxies: number): string {
  const peer = socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return networkOf(peer)
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = forwarded.split(',').map((hop) => hop.trim())
  const client = withoutPort(hops.at(-trustedProxies) ?? '')
  return networkOf(isIP(client) === 0 ? peer : client)
}

/** Some load balancers write the port as well. */
function withoutPort(hop: string): string {
  const [, v6, v4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop) ?? []
  return v6 ?? v4 ?? hop
}

/** An IPv4 address as it is, also where IPv6 wraps it; of an IPv6 address the first 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const wrapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (wrapped !== undefined) return wrapped
  if (!isIPv6(address)) return address
  const [before = '', after = ''] = address.split('::')
  const groups = before === '' ? [] : before.split(':')
  const later = after === '' ? [] : after.split(':')
  while (groups.length + later.length < 8) groups.push('0')
  return `${[...groups, ...later]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`
}
