import { readFileSync } from 'node:fs'
import { describe, expect } from '../../harness/app.ts'
import { givenTapped, payOnPhone } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { connectGraphql, openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { openTestHttpServer } from '../../harness/http-server.ts'
import { canRunNginx, startNginx } from '../../harness/nginx.ts'
import { openAcknowledged } from '../../harness/raw-socket.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`

interface Change {
  paymentStatusChanged: { status: string }
}

/** The lines of the README's location, with another server behind it. */
function readmeLocation(url: string): string {
  const readme = readFileSync('README.md', 'utf8')
  const lines = /```nginx\n[^]*?location \/ \{\n([^]*?)\n\}\n```/.exec(readme)?.[1] ?? ''
  expect(lines).toContain('proxy_pass http://127.0.0.1:4000;')
  return lines.replace('http://127.0.0.1:4000', url)
}

const statuses = ({ received }: { received: { data?: Change | null }[] }) =>
  received.map(({ data }) => data?.paymentStatusChanged.status)

describe.skipIf(!canRunNginx())('behind nginx', () => {
  test('server-sent events arrive at once through a stock nginx', async ({ app, graphql }) => {
    const { guest, payment, params } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const api = await openTestHttpServer(app)
    const proxy = await startNginx(`proxy_pass ${api.url};`)

    const watch = { variables: { sn: payment.sn }, accessToken }
    const stream = await openEventStream<Change>(`${proxy}/graphql`, WATCH, watch)
    await expect.poll(() => statuses(stream)).toEqual(['PENDING'])
    expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform')
    await payOnPhone(app, params)
    await expect.poll(() => statuses(stream)).toEqual(['PENDING', 'SUCCESS'])
    stream.leave()
    await expect.poll(() => graphql.server.live.streamCount()).toBe(0)
  })

  test('with the lines of the README, WebSockets and streams arrive, and end when the API stops', async ({
    app,
    graphql,
  }) => {
    const { guest, payment, params } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const api = await openTestHttpServer(app)
    const url = `${await startNginx(readmeLocation(api.url))}/graphql`

    const client = openSocket(url, accessToken)
    const socket = subscribe<Change>(client, WATCH, { sn: payment.sn })
    const stream = await openEventStream<Change>(url, WATCH, { variables: { sn: payment.sn }, accessToken })
    const idle = await openAcknowledged(url)
    await expect.poll(() => [statuses(socket), statuses(stream)]).toEqual([['PENDING'], ['PENDING']])
    expect(await connectGraphql(url, accessToken).run('{ me { id } }')).toEqual({ me: { id: guest.id } })
    await payOnPhone(app, params)
    await expect.poll(() => [statuses(socket).at(-1), statuses(stream).at(-1)]).toEqual(['SUCCESS', 'SUCCESS'])

    await api.close()
    expect(await idle.closed).toBe(1001)
    await expect.poll(() => stream.state()).toBe('complete')
    await expect.poll(() => socket.state()).not.toBe('open')
    expect((await fetch(url)).status).toBe(502)
    await client.dispose()
  })
})
