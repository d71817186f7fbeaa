import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NoAnswerError, openHttpClient } from '../../../src/wechat/http.ts'
import { createWechatWatch } from '../../../src/wechat/watch.ts'

const LONG_MS = 120_000

/** A server that keeps connections for ever, and how many it has. */
async function startServer() {
  const server = createServer((_request, response) => response.end('{}'))
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  let made = 0
  server.on('connection', () => {
    made += 1
  })
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    made: () => made,
    open: () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
  }
}

function openClient(keptMs: number) {
  const watch = createWechatWatch({})
  const client = openHttpClient({ api: 'pay', connectMs: LONG_MS, keptMs, now: () => new Date(), watch })
  onTestFinished(() => client.close())
  return (url: URL) => client.exchange({ method: 'GET', url, headers: {}, timeoutMs: LONG_MS, maxBytes: 1_000 })
}

describe('a kept connection', () => {
  test('is used again', async () => {
    const server = await startServer()
    const get = openClient(LONG_MS)
    await get(server.url)
    await get(server.url)
    expect([server.made(), await server.open()]).toEqual([1, 1])
  })

  test('is ended by us when it isn’t used for a while, before a router forgets it', async () => {
    const server = await startServer()
    await openClient(10)(server.url)
    await expect.poll(server.open).toBe(0)
  })
})

describe('an answer that didn’t come', () => {
  test.each([
    ['CERT_HAS_EXPIRED', true],
    ['CERT_NOT_YET_VALID', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['ECONNRESET', false],
    ['ENOTFOUND', false],
    ['TIMEOUT', false],
  ])('for the reason %s is one of trust: %s', (code, isUntrusted) => {
    expect(new NoAnswerError(code, false)).toMatchObject({ isUntrusted })
  })
})
