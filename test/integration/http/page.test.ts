import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createPage } from '../../../src/http/page.ts'
import { createPubsubOutage } from '../../../src/infra/pubsub-outage.ts'
import { listen } from '../../harness/listen.ts'

const SANDBOX_URL = 'http://127.0.0.1:4010'

interface RawRequest {
  method?: string
  host?: string
  headers?: string[]
  body?: string
}

/** Serves the page alone. @returns a function that requests a raw target, which an HTTP client would normalize. */
async function servePage({ sandboxUrl, parts }: Parameters<typeof createPage>[0] = { sandboxUrl: SANDBOX_URL }) {
  const page = createPage({ sandboxUrl, parts })
  const server = createServer((request, response) => {
    if (!page(request, response, request.url ?? '')) response.writeHead(418).end()
  })
  const port = await listen(server)
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  return async (
    target: string,
    { method = 'GET', host = 'localhost:4000', headers = [], body = '' }: RawRequest = {},
  ) => {
    const socket = connect(port, '127.0.0.1')
    const lines = [`${method} ${target} HTTP/1.0`, `Host: ${host}`, ...headers, `Content-Length: ${body.length}`]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    const chunks: Buffer[] = []
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
    const [head = '', text = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: text }
  }
}

describe('the page’s files', () => {
  test('serves the page with a content security policy that allows only itself and the sandbox', async () => {
    const get = await servePage()
    const { status, head, body } = await get('/')
    expect(status).toBe(200)
    expect(body).toContain('<title>looklook-pay</title>')
    const policy = /content-security-policy: (.*)/.exec(head)?.[1] ?? ''
    expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self'`)
    expect(policy).toContain(`connect-src 'self' ${SANDBOX_URL};`)
    expect(policy).not.toContain('unsafe')
  })

  test('serves the page’s files and no others', async () => {
    const get = await servePage()
    expect((await get('/page/main.js')).head).toContain('text/javascript')
    expect((await get('/page/nothing.js')).status).toBe(404)
    for (const target of ['/page/../http/page.js', '/page/..%2fhttp%2fpage.js', '/page/', '/page/a/b.js', '/graphql']) {
      expect((await get(target)).status).toBe(418)
    }
  })

  test('answers 405 to a POST of the page', async () => {
    const get = await servePage()
    const { status, head } = await get('/', { method: 'POST' })
    expect(status).toBe(405)
    expect(head).toContain('allow: get, head')
    expect((await get('/', { method: 'HEAD' })).body).toBe('')
  })
})

async function sandboxOf(host: string): Promise<unknown> {
  const get = await servePage()
  return JSON.parse((await get('/page/config.json', { host })).body)
}

describe('where the page finds the sandbox', () => {
  test('gives a browser on this machine the sandbox’s own URL', async () => {
    expect(await sandboxOf('localhost:4000')).toMatchObject({ sandboxUrl: SANDBOX_URL })
    expect(await sandboxOf('127.0.0.1:4000')).toMatchObject({ sandboxUrl: SANDBOX_URL })
  })

  test('gives a browser on another machine the sandbox’s URL under this machine’s name', async () => {
    expect(await sandboxOf('box.local:4000')).toMatchObject({ sandboxUrl: 'http://box.local:4010' })
  })

  test('ignores a malformed Host header when it builds the sandbox’s URL', async () => {
    expect(await sandboxOf(`evil.com;script-src *`)).toMatchObject({ sandboxUrl: SANDBOX_URL })
  })

  test('gives no sandbox URL when WeChat is the real one', async () => {
    const get = await servePage({ sandboxUrl: undefined })
    expect(JSON.parse((await get('/page/config.json')).body)).toEqual({ sandboxUrl: null, parts: {} })
    expect((await get('/')).head).toContain(`connect-src 'self';`)
  })
})

/** Serves the page with a part that is there at first. @returns what posts a change of it. */
async function serveParts() {
  const { wrap: _wrap, ...redis } = createPubsubOutage()
  const get = await servePage({ sandboxUrl: SANDBOX_URL, parts: { redis } })
  const post = (change: object, headers: string[] = ['Content-Type: application/json']) =>
    get('/page/parts', { method: 'POST', headers, body: JSON.stringify(change) })
  return { get, post, redis }
}

describe('parts that the page may take away', () => {
  test('says which parts are there, takes one away, and brings it back', async () => {
    const { get, post, redis } = await serveParts()
    expect(JSON.parse((await get('/page/config.json')).body)).toEqual({
      sandboxUrl: SANDBOX_URL,
      parts: { redis: true },
    })
    expect(await post({ part: 'redis', isUp: false })).toMatchObject({ status: 200, body: '{"redis":false}' })
    expect(redis.isUp()).toBe(false)
    expect(await post({ part: 'redis', isUp: true })).toMatchObject({ status: 200, body: '{"redis":true}' })
    expect(redis.isUp()).toBe(true)
  })

  test('refuses what another page could send, and what names no part', async () => {
    const { get, post, redis } = await serveParts()
    const away = { part: 'redis', isUp: false }
    expect((await post(away, ['Content-Type: application/json', 'Sec-Fetch-Site: cross-site'])).status).toBe(403)
    expect((await post(away, ['Content-Type: application/json', 'Sec-Fetch-Site: same-site'])).status).toBe(403)
    expect((await post(away, ['Content-Type: text/plain'])).status).toBe(415)
    expect((await get('/page/parts')).status).toBe(405)
    for (const change of [
      {},
      { part: 'toString', isUp: false },
      { part: 'database', isUp: false },
      { ...away, also: 1 },
    ])
      expect((await post(change)).status).toBe(400)
    expect(redis.isUp()).toBe(true)
  })

  test('has no such route where nothing may be taken away', async () => {
    const get = await servePage()
    expect(
      (await get('/page/parts', { method: 'POST', headers: ['Content-Type: application/json'], body: '{}' })).status,
    ).toBe(418)
  })
})
