import type { IncomingMessage } from 'node:http'

/**
 * The address of the client, by which it is limited. Each of `trustedProxies` proxies before us appends the address of
 * whom it serves to `X-Forwarded-For`: what stands further to the left is the client's own claim, and counts for nothing.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return peer
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = forwarded.split(',').map((hop) => hop.trim())
  return hops.at(-trustedProxies) || peer
}
