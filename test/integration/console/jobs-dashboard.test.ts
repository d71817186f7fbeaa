import { Client } from 'pg'
import { readOnlyUrl } from '../../../src/console/jobs-dashboard.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { openTestConsole } from '../../harness/console.ts'

/** The name of its connections, which tells that they were opened by the read-only URL. */
const DASHBOARD = 'looklook-pay dashboard'

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
    const connections = await app.deps.db.$queryRaw<object[]>`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = ${DASHBOARD}`
    expect(connections).not.toEqual([])
    // It complains of a database that goes before its connections.
    await console.close()
  })

  test('has connections by which nothing can be written, whatever it would send', async ({ app }) => {
    const client = new Client({ connectionString: readOnlyUrl(app.databaseUrl) })
    await client.connect()
    const { rows } = await client.query(`SELECT current_setting('application_name') AS name`)
    expect(rows).toEqual([{ name: DASHBOARD }])
    for (const write of ['DELETE FROM pgboss.job', `UPDATE pgboss.queue SET retry_limit = 0`, 'TRUNCATE pgboss.job'])
      await expect(client.query(write)).rejects.toThrow('read-only transaction')
    await client.end()
  })
})
