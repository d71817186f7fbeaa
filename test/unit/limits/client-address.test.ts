import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { clientAddress } from '../../../src/http/limits/client-address.ts'

const requestFrom = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

test('without a trusted proxy what the client claims counts for nothing', () => {
  expect(clientAddress(requestFrom('192.0.2.1', '198.51.100.7'), 0)).toBe('192.0.2.1')
})

test.each([
  [1, '203.0.113.9', '203.0.113.9'],
  [1, '198.51.100.7, 203.0.113.9', '203.0.113.9'],
  [2, '198.51.100.7, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
])('behind %i proxies, of "%s" the client is %s', (proxies, forwarded, client) => {
  expect(clientAddress(requestFrom('10.0.0.1', forwarded), proxies)).toBe(client)
})

test('a request that came around the proxies counts by its connection', () => {
  expect(clientAddress(requestFrom('192.0.2.1'), 1)).toBe('192.0.2.1')
  expect(clientAddress(requestFrom('192.0.2.1', '198.51.100.7'), 2)).toBe('192.0.2.1')
})

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::0001', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
])('of %s the network counts: %s', (address, network) => {
  expect(clientAddress(requestFrom(address), 0)).toBe(network)
  expect(clientAddress(requestFrom('10.0.0.1', address), 1)).toBe(network)
})

test.each([
  ['203.0.113.9:4711', '203.0.113.9'],
  ['[2001:db8:1:2::6]:4711', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::6]', '2001:db8:1:2::/64'],
])('of %s, as some load balancers write it, the port counts for nothing', (hop, address) => {
  expect(clientAddress(requestFrom('10.0.0.1', hop), 1)).toBe(address)
})

test.each(['unknown', '', 'x'.repeat(10_000), '203.0.113.9.1', '[', ':::'])(
  '%j is no address: the connection counts',
  (hop) => {
    expect(clientAddress(requestFrom('192.0.2.1', hop), 1)).toBe('192.0.2.1')
  },
)
