import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import pino from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createPage, type PageInput } from '../../../src/http/page.ts'
import { sendPageFile } from '../../../src/http/page-files.ts'
import { createPubsubOutage } from '../../../src/infra/pubsub-outage.ts'
import { listen } from '../../harness/listen.ts'

const log = pino({ level: 'silent' })

const SANDBOX_URL = 'http://127.0.0.1:4010'

interface RawRequest {
  method?: string
  host?: string
  headers?: string[]
  body?: string
}

/** Serves the page alone. @returns a function that requests a raw target, which an HTTP client would normalize. */
async function servePage({ sandboxUrl, parts }: Omit<PageInput, 'log'> = { sandboxUrl: SANDBOX_URL }) {
  const page = createPage({ log, sandboxUrl, parts })
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

/** What is answered for a file of a page that the test has made, and what the log says of it. */
async function makePage(...files: string[]) {
  const page = `test-${randomUUID()}`
  const folder = new URL(`../../../web/dist/${page}/`, import.meta.url)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  // A folder in a file's place can be read by nobody.
  for (const name of files) await mkdir(new URL(name, folder), { recursive: true })
  const written: string[] = []
  const ownLog = pino({ base: null }, { write: (line) => void written.push(line) })
  const server = createServer((request, response) => {
    void sendPageFile(ownLog, response, { page, name: request.url?.slice(1) ?? '' })
  })
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return async (name: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/${name}`)
    return { status: response.status, body: await response.text(), logged: written.splice(0).join('') }
  }
}

describe('a page’s file that can’t be sent', () => {
  test('is 503 while the page isn’t built, whichever file is asked for', async () => {
    const get = await makePage()
    for (const name of ['index.html', 'main.js'])
      expect(await get(name)).toMatchObject({ status: 503, body: expect.stringContaining('not built'), logged: '' })
  })

  test('is 404 where the page has no such file', async () => {
    const get = await makePage('index.html')
    expect(await get('main.js')).toMatchObject({ status: 404, body: expect.stringContaining('no main.js'), logged: '' })
  })

  test('is 500, with a line in the log, where it can’t be read', async () => {
    const get = await makePage('index.html', 'main.js')
    for (const name of ['index.html', 'main.js'])
      expect(await get(name)).toMatchObject({ status: 500, logged: expect.stringContaining('EISDIR') })
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
