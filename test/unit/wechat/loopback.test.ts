import { describe, expect, test } from 'vitest'
import { isLoopback } from '../../../src/wechat/loopback.ts'

describe('a loopback host', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.254', '::1', '[::1]'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

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
  ])('is not %s', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})
