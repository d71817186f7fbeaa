import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createSessionCookie } from '../../../src/console/cookie.ts'

const TOKEN = 'a'.repeat(43)

/** A request that brings these cookies. */
const requestWith = (cookie: string) => ({ headers: { cookie } }) as IncomingMessage

describe('the console’s session cookie', () => {
  test.each([
    ['http://127.0.0.1:4002', `looklook_console=${TOKEN}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict`],
    [
      'http://127.0.0.1:4000/console',
      `looklook_console=${TOKEN}; Max-Age=43200; Path=/console; HttpOnly; SameSite=Strict`,
    ],
    [
      'https://console.example.com',
      `__Host-looklook_console=${TOKEN}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict; Secure`,
    ],
    [
      'https://example.com/console',
      `__Secure-looklook_console=${TOKEN}; Max-Age=43200; Path=/console; HttpOnly; SameSite=Strict; Secure`,
    ],
  ])('at %s is as strict as browsers know', (url, header) => {
    const cookie = createSessionCookie(url)
    expect(cookie.set(TOKEN)).toBe(header)
    const [pair = ''] = header.split(';')
    expect(cookie.read(requestWith(`theme=dark; ${pair}`))).toBe(TOKEN)
    expect(cookie.clear()).toMatch(/^\S+_console=; Max-Age=0; Path=/)
  })

  test('is read by its whole name alone', () => {
    const cookie = createSessionCookie('https://console.example.com')
    // What a neighbouring host, or whoever is on the way, can plant.
    for (const name of ['looklook_console', '__Secure-looklook_console', 'x__Host-looklook_console'])
      expect(cookie.read(requestWith(`${name}=${TOKEN}`))).toBeUndefined()
  })
})
