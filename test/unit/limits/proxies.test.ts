import type { IncomingMessage } from 'node:http'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { findProxyFault } from '../../../src/config/proxies.ts'
import { type AppConfig, loadConfig } from '../../../src/config.ts'
import { watchForProxies } from '../../../src/http/limits/forwarded.ts'

const faultOf = (trustedProxies: number, notifyUrl: string) =>
  findProxyFault({ trustedProxies, wechat: { pay: { notifyUrl } } } as AppConfig)

const request = (headers: object) => ({ headers }) as IncomingMessage

const HTTPS = 'https://pay.example.com/wechat/pay/notify'

describe('TRUSTED_PROXIES', () => {
  test('is found wrong when it is 0 and the notice URL is https, which only a proxy can end', () => {
    expect(faultOf(0, HTTPS)?.remedy.en).toContain('TRUSTED_PROXIES')
    expect(faultOf(1, HTTPS)).toBeUndefined()
    expect(faultOf(0, 'http://127.0.0.1:4000/wechat/pay/notify')).toBeUndefined()
  })

  test.for([
    [0, 1],
    [1, 0],
  ] as const)('of %i says %i times that X-Forwarded-For was seen, however many requests carry it', ([count, times]) => {
    const lines: string[] = []
    const log = pino({}, { write: (line: string) => void lines.push(line) })
    const watch = watchForProxies({ config: { ...loadConfig({}, 'start'), trustedProxies: count }, log })
    watch(request({}))
    expect(lines).toEqual([])
    for (let n = 0; n < 3; n++) watch(request({ 'x-forwarded-for': '203.0.113.1' }))
    expect(lines).toHaveLength(times)
  })
})
