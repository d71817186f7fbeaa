import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { describe, expect } from '../../harness/app.ts'
import { givenTapped, payOnPhone } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { connectGraphql, openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { openTestHttpServer } from '../../harness/http-server.ts'
import { listen } from '../../harness/listen.ts'
import { canRunNginx, openTls, startStockNginx } from '../../harness/nginx.ts'
import { openAcknowledged } from '../../harness/raw-socket.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`

interface Change {
  paymentStatusChanged: { status: string }
}

const statuses = ({ received }: { received: { data?: Change | null }[] }) =>
  received.map(({ data }) => data?.paymentStatusChanged.status)

const isNotice = ({ url }: IncomingMessage) => url === '/wechat/pay/notify'

/** What stands in the place of an API, and keeps what is posted to it: notices get a status, everything else no answer. */
async function openUpstream(status: number) {
  const got: IncomingMessage[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'GET') return response.end()
    got.push(request)
    return isNotice(request) ? response.writeHead(status).end() : request.socket.destroy()
  }
  const server = createServer((request, response) => request.resume().on('end', () => answer(request, response)))
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return { got, url: `http://127.0.0.1:${port}` }
}

describe.skipIf(!canRunNginx())('behind nginx', () => {
  test('server-sent events arrive at once through a stock nginx', async ({ app, graphql }) => {
    const { guest, payment, params } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const api = await openTestHttpServer(app)
    const proxy = await startStockNginx(`proxy_pass ${api.url};`)

    const watch = { variables: { sn: payment.sn }, accessToken }
    const stream = await openEventStream<Change>(`${proxy}/graphql`, WATCH, watch)
    await expect.poll(() => statuses(stream)).toEqual(['PENDING'])
    expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform')
    await payOnPhone(app, params)
    await expect.poll(() => statuses(stream)).toEqual(['PENDING', 'SUCCESS'])
    stream.leave()
    await expect.poll(() => graphql.server.live.streamCount()).toBe(0)
  })

  test('with the configuration that is shipped, WebSockets and streams arrive, and end when the API stops', async ({
    app,
    graphql,
  }) => {
    const { guest, payment, params } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const api = await openTestHttpServer(app)
    const url = `${await (await openTls()).before(api.url)}/graphql`

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

  test('with the configuration that is shipped, another process gets a notice, and never what one may have begun', async () => {
    const [stopping, serving] = await Promise.all([openUpstream(503), openUpstream(204)])
    const url = await (await openTls()).before(stopping.url, serving.url)

    const notify = () => fetch(`${url}/wechat/pay/notify`, { method: 'POST', body: 'x'.repeat(64 * 1024) })
    const answers = await Promise.all(Array.from({ length: 8 }, notify))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 204))
    expect(stopping.got.length).toBeGreaterThan(0)
    expect(serving.got).toHaveLength(8)

    const headers = { 'x-forwarded-for': '203.0.113.7' }
    const begun = await fetch(`${url}/graphql`, { method: 'POST', body: '{}', headers })
    expect(begun.status).toBe(502)
    const gotten = [...stopping.got, ...serving.got].filter((request) => !isNotice(request))
    expect(gotten.map((request) => request.headers['x-forwarded-for'])).toEqual(['203.0.113.7, 127.0.0.1'])
  })
})
