import { describe, expect, test } from '../../harness/app.ts'
import { openTestConsole } from '../../harness/console.ts'

const body = JSON.stringify({ query: '{ me { name } }' })

describe('the console’s doors', () => {
  test('open to its own name alone, by each name of this machine', async ({ app }) => {
    const { signIn, url } = await openTestConsole(app)
    const browser = await signIn()
    const { port } = new URL(url)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect((await browser.send({ body, headers: { host } })).status).toBe(200)
    }
    // A name that somebody has pointed here, as in DNS rebinding.
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', '127.0.0.1:1']) {
      expect((await browser.send({ body, headers: { host } })).status).toBe(421)
      expect((await browser.send({ method: 'GET', path: '/', headers: { host } })).status).toBe(421)
    }
  })

  test('stay shut for pages of other origins, also of this machine, where a cookie comes along', async ({ app }) => {
    const { signIn, url } = await openTestConsole(app)
    const browser = await signIn()
    const { port } = new URL(url)
    const others = [
      'https://evil.example',
      `http://127.0.0.1:${Number(port) + 1}`,
      `https://127.0.0.1:${port}`,
      'null',
      undefined,
    ]
    for (const origin of others) {
      for (const path of ['/graphql', '/sign-in', '/sign-out']) {
        expect((await browser.send({ path, body, headers: { origin } })).status).toBe(403)
      }
    }
    expect((await browser.send({ body, headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403)
    expect((await browser.send({ body, headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
  })

  test('take no form of another page’s, and no GET that does something', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn()
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
      for (const path of ['/graphql', '/sign-in', '/sign-out']) {
        expect((await browser.send({ path, body, headers: { 'content-type': type } })).status).toBe(415)
      }
    }
    const query = encodeURIComponent('{ me { name } }')
    expect((await browser.send({ method: 'GET', path: `/graphql?query=${query}` })).status).toBe(405)
    expect((await browser.send({ method: 'GET', path: '/sign-out' })).status).toBe(405)
    expect((await browser.send({ body })).status).toBe(200)
  })

  test('let no other page frame or read what is behind them', async ({ app }) => {
    const { signIn, send } = await openTestConsole(app)
    const browser = await signIn()
    const answers = [await browser.send({ body }), await send({ body }), await send({ method: 'GET', path: '/' })]
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test('say without a session that the process lives', async ({ app }) => {
    const { send } = await openTestConsole(app)
    expect(await send({ method: 'GET', path: '/livez', headers: { host: 'probe' } })).toMatchObject({ status: 200 })
  })
})
