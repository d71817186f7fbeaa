import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Sandbox } from '@looklook-pay/sandbox'
import { describe, expect, it } from 'vitest'
import { startSandbox } from './merchant.ts'

/** What Chromium asks for when an address is opened. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** By node:http, which sends paths, Host and Origin as they are given. */
function ask({ url }: Sandbox, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const request = httpRequest({ hostname, port, path, method, headers, agent: false })
    request.once('error', reject)
    request.once('response', (response) => {
      text(response).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
        reject,
      )
    })
    request.end(body)
  })
}

describe('the page of the sandbox', () => {
  it('is what browsers get at /, and programs get the list of abilities', async () => {
    const sandbox = await startSandbox()
    const page = await ask(sandbox, '/', { headers: { accept: BROWSER } })
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<div id="app">') })
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'Accept' })
    for (const accept of [undefined, '*/*', 'application/json', 'application/json, text/plain, */*', 'text/html;q=0']) {
      const { headers, body } = await ask(sandbox, '/', { headers: accept === undefined ? {} : { accept } })
      expect([accept, headers['content-type'], headers.vary, Object.keys(JSON.parse(body))]).toEqual([
        accept,
        'application/json; charset=utf-8',
        'Accept, Origin',
        ['wechat', 'sandbox'],
      ])
    }
  })

  it('has its files under /page/, with their types, and a policy that lets nothing else run', async () => {
    const sandbox = await startSandbox()
    const types = { 'main.js': 'text/javascript', 'main.css': 'text/css', 'icon.svg': 'image/svg+xml' }
    for (const [name, type] of Object.entries(types)) {
      const { status, headers } = await ask(sandbox, `/page/${name}`)
      expect([name, status, headers['content-type']]).toEqual([name, 200, expect.stringContaining(type)])
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toContain(`default-src 'none'; script-src 'self'; style-src 'self'`)
      expect(headers['content-security-policy']).toContain(`frame-ancestors 'none'`)
      expect(headers['content-security-policy']).not.toContain('unsafe')
    }
  })

  it('is sent once to a browser that keeps it, and its head alone to HEAD', async () => {
    const sandbox = await startSandbox()
    const { headers } = await ask(sandbox, '/page/main.js')
    const { etag = '', 'cache-control': caching } = headers
    expect([etag, caching]).toEqual([expect.stringMatching(/^"[\w-]{43}"$/), 'no-cache'])
    expect(await ask(sandbox, '/page/main.js', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      headers: { etag },
      body: '',
    })
    const other = { headers: { 'if-none-match': '"another"' } }
    expect((await ask(sandbox, '/page/main.js', other)).status).toBe(200)
    const head = await ask(sandbox, '/', { method: 'HEAD', headers: { accept: BROWSER } })
    expect(head).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '' })
  })

  it.each([
    '/page/../files.ts',
    '/page/..%2ffiles.ts',
    '/page/%2e%2e/%2e%2e/play/main.js',
    '/page/../../../../web/dist/play/main.js',
    '/page//etc/passwd',
    '/page/',
    '/page/index.html',
    '/page/nothing.js',
    '/page/main.js/',
    '/page/main.js%00.css',
    '/../page/main.js',
  ])('%s is none of its files', async (path) => {
    const { headers, body } = await ask(await startSandbox(), path, { headers: { accept: BROWSER } })
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(body).toMatch(/^The page has no nothing\.js\n$|"errcode":40066/)
  })

  it('takes no place among the requests that the sandbox was sent', async () => {
    const sandbox = await startSandbox()
    await ask(sandbox, '/', { headers: { accept: BROWSER } })
    await ask(sandbox, '/page/main.js')
    expect(sandbox.requests()).toEqual([])
  })
})

/** What a page of this origin is answered, when it arms a fault. */
async function armFrom(sandbox: Sandbox, headers: Record<string, string>): Promise<Answer> {
  const fault = { endpoint: 'query', kind: 'system-error', times: 1 }
  return ask(sandbox, '/sandbox/faults', { method: 'POST', headers, body: JSON.stringify(fault) })
}

describe('which pages may use the sandbox', () => {
  it.each([
    ['a page of its own', (url: string) => ({ origin: url })],
    ['a page of this machine, on another port', () => ({ origin: 'http://localhost:4000' })],
    ['the same, by its address', () => ({ origin: 'http://127.0.0.1:4000' })],
    ['the same, by IPv6', () => ({ origin: 'http://[::1]:4000' })],
    ['a page of the host by which it is called', () => ({ origin: 'http://box.local:4000', host: 'box.local:4010' })],
    ['a program that is no browser', () => ({})],
    ['a program that calls it by a name of its network', () => ({ host: 'sandbox:4010' })],
    ['a program that calls it by a name that is set', () => ({ host: 'WeChat.example.com' })],
    [
      'a page of the host whose name is set',
      () => ({ host: 'wechat.example.com', origin: 'https://wechat.example.com' }),
    ],
  ])('%s', async (_, headersFor) => {
    const sandbox = await startSandbox({ hosts: ['wechat.example.com'] })
    const headers: Record<string, string> = headersFor(sandbox.url)
    const answer = await armFrom(sandbox, headers)
    expect(answer.status).toBe(200)
    expect(answer.headers['access-control-allow-origin']).toBe(headers['origin'])
    expect(sandbox.faults.list()).toHaveLength(1)
  })

  it.each([
    ['a web site', { origin: 'https://evil.example' }],
    ['a web site whose name begins like this machine’s', { origin: 'http://localhost.evil.example' }],
    ['a frame without an origin, or a file', { origin: 'null' }],
    ['an extension', { origin: 'chrome-extension://abcdef' }],
    ['a web site whose name points here', { host: 'evil.example:4010' }],
    ['a program whose Host is no name', { host: '%' }],
    [
      'a web site whose name points here, with its origin',
      { host: 'evil.example:4010', origin: 'http://evil.example:4010' },
    ],
  ])('and %s may not', async (_, headers: Record<string, string>) => {
    const sandbox = await startSandbox({ hosts: ['', 'wechat.example.com'] })
    const answer = await armFrom(sandbox, headers)
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('NO_AUTH') })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(sandbox.faults.list()).toEqual([])
    expect(sandbox.requests()[0]?.refusal).toMatchObject({ code: 'NO_AUTH', rule: expect.stringMatching(/\w+ \w+/) })
    const reading = await ask(sandbox, '/sandbox/ledger', { headers })
    expect([reading.status, reading.body]).toEqual([403, expect.not.stringContaining('orders')])
  })

  it('a page that may, can read why it was refused', async () => {
    const sandbox = await startSandbox()
    const headers = { origin: 'http://127.0.0.1:4000' }
    const { status, headers: answered } = await ask(sandbox, '/sandbox/pay', { method: 'POST', headers, body: '{}' })
    expect([status, answered['access-control-allow-origin']]).toEqual([400, headers.origin])
  })

  it('a browser that asks first is answered by the same rule', async () => {
    const sandbox = await startSandbox()
    const preflight = (origin: string) =>
      ask(sandbox, '/sandbox/faults', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'DELETE' },
      })
    const own = await preflight('http://127.0.0.1:4000')
    expect(own).toMatchObject({ status: 204, body: '' })
    expect(own.headers).toMatchObject({
      'access-control-allow-origin': 'http://127.0.0.1:4000',
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      vary: 'Accept, Origin',
    })
    const foreign = await preflight('https://evil.example')
    expect([foreign.status, foreign.headers['access-control-allow-origin']]).toEqual([403, undefined])
  })
})
