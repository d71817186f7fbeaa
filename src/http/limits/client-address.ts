import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/**
 * The address of the client, by which it is limited. Each of `trustedProxies` proxies before us appends the address of
 * whom it serves to `X-Forwarded-For`: what stands further to the left is the client's own claim, and counts for nothing.
 * Of IPv6 it is the network of 64 bits, whose every address one client can use.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return networkOf(peer)
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = forwarded.split(',').map((hop) => hop.trim())
  return networkOf(hops.at(-trustedProxies) || peer)
}

function networkOf(address: string): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (ipv4) return ipv4
  // No address is longer, whatever a proxy passes on.
  if (!isIPv6(address)) return address.slice(0, 64)
  const [head = '', tail] = address.toLowerCase().replace(/%.*/, '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const left = tail === undefined || groups.length >= 4 ? groups : [...groups, ...zerosBefore(groups, tail)]
  const network = left.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

/** The groups that `::` stands for, and those after it. */
function zerosBefore(head: string[], tail: string): string[] {
  const after = tail === '' ? [] : tail.split(':')
  return [...Array<string>(8 - head.length - after.length).fill('0'), ...after]
}
