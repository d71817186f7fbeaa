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
