import { describe, expect, test } from '../../harness/app.ts'
import { openTestConsole } from '../../harness/console.ts'

describe('pg-boss’ dashboard on the console', () => {
  test('shows the queues to who is signed in, runs its own scripts alone, and changes nothing', async ({ app }) => {
    const { signIn, send, console } = await openTestConsole(app)
    const get = { method: 'GET', path: '/jobs/queues', headers: { accept: 'text/html' } }
    expect((await send(get)).status).toBe(401)

    const browser = await signIn('Li Lei', 'VIEWER')
    const page = await browser.send(get)
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('payment-changed') })
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self' 'sha256-[^;]*; style-src/)
    expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
    expect(page.headers['content-security-policy']).toMatch(/connect-src 127\.0\.0\.1:\d+\/jobs\/ \S+\/jobs\.data;/)
    expect(page.body).not.toContain(new URL(app.databaseUrl).username + ':')

    expect(page.body).not.toContain('Create Queue')
    const [asset = ''] = /\/jobs\/assets\/[\w.-]+\.js/.exec(page.body) ?? []
    expect((await browser.send({ method: 'GET', path: asset })).headers['content-type']).toMatch(/javascript/)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await browser.send({ ...get, method })).status).toBe(405)
    }
    // It complains of a database that goes before its connections.
    await console.close()
  })
})
