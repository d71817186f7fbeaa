import { Resolver } from 'node:dns/promises'
import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * Which addresses a webhook may go to: those of the public internet. An endpoint's URL comes from outside, and must not make
 * this process speak to what only it can reach: itself, its neighbours, the metadata of its cloud.
 *
 * Source: the special-purpose registries https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const NOT_PUBLIC_V4: [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // The metadata services of most clouds among them.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Azure's own services for its machines.
  ['168.63.129.16', 32],
]

/** All public IPv6 addresses are in 2000::/3, and not in these parts of it; some of them lead on to an IPv4 address. */
const NOT_PUBLIC_V6: [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
]

const notPublic = new BlockList()
for (const [network, prefix] of NOT_PUBLIC_V4) notPublic.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of NOT_PUBLIC_V6) notPublic.addSubnet(network, prefix, 'ipv6')

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** True for an address of the public internet. IPv4 addresses in IPv6 notation aren't. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  if (isIPv6(address)) return globalUnicast.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
  return !notPublic.check(address, 'ipv4')
}

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<string[]>

/**
 * Asks the name servers, without the threads that Node has few of: names that nobody answers for must not hold up others.
 * What stands in /etc/hosts isn't read, but for localhost.
 *
 * @throws when there is no such name, or no answer within some four seconds.
 */
export async function resolveHost(host: string): Promise<string[]> {
  if (/^(.*\.)?localhost\.?$/.test(host)) return ['127.0.0.1', '::1']
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  const ends = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []))
  const [first] = ends
  if (addresses.length === 0) throw first.status === 'rejected' ? first.reason : new Error(`${host} has no address`)
  return addresses
}
