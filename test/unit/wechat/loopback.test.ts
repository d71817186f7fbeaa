import { describe, expect, test } from 'vitest'
import { isLoopback } from '../../../src/wechat/loopback.ts'

describe('a loopback host', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.254', '::1', '[::1]'])(
    'accepts %s as a loopback host',
    (host) => {
      expect(isLoopback(host)).toBe(true)
    },
  )

  test.each([
    '',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '10.127.0.1',
    '127.0.0.256',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '[::1',
    '::11',
  ])('does not accept %s as a loopback host', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})
