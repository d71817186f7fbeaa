import { describe, expect } from '../../harness/app.ts'
import { givenTapped, payOnPhone } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { socketCounts } from '../../harness/socket-counts.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status version } }`
const at = (status: string, version: number) => ({ data: { paymentStatusChanged: { status, version } } })

describe('equal streams of one payment', () => {
  test('send the same over sockets and events, and one whose session ends stops alone', async ({ app, graphql }) => {
    const { guest, payment, params } = await givenTapped(app)
    const variables = { sn: payment.sn }
    const [leaving, staying] = [await graphql.as(guest), await graphql.as(guest)]
    const open = async ({ accessToken }: { accessToken: string }) => ({
      socket: subscribe(openSocket(graphql.url, accessToken), WATCH, variables),
      events: await openEventStream(graphql.url, WATCH, { variables, accessToken }),
    })
    const [ended, open1, open2] = [await open(leaving), await open(staying), await open(staying)]
    const all = [ended, open1, open2].flatMap(({ socket, events }) => [socket, events])
    await expect.poll(() => all.every(({ received }) => received.length === 1)).toBe(true)

    await leaving.run('mutation { logout }')
    await expect
      .poll(() => [ended.socket.state(), ended.events.state()])
      .toMatchObject([{ error: { code: 4403 } }, 'complete'])
    await payOnPhone(app, params)
    const others = all.slice(2)
    await expect.poll(() => others.every(({ received }) => received.length === 2)).toBe(true)
    for (const { received } of others) expect(received).toEqual([at('PENDING', 1), at('SUCCESS', 2)])
    for (const { received } of [ended.socket, ended.events]) expect(received).toEqual([at('PENDING', 1)])

    await staying.run('mutation { logout }')
    await expect.poll(socketCounts(app).openStreams).toBe(0)
    await expect.poll(socketCounts(app).openSockets).toBe(0)
    expect(graphql.server.live.streamCount()).toBe(0)
  })

  test('are sent to a client that takes any media type as events, too', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const read = async (accept: string) => {
      const leave = new AbortController()
      const response = await fetch(graphql.url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
        body: JSON.stringify({ query: WATCH, variables: { sn: payment.sn } }),
        signal: leave.signal,
      })
      let text = ''
      const chunks = response.body?.pipeThrough(new TextDecoderStream()) as AsyncIterable<string> | undefined
      for await (const chunk of chunks ?? []) {
        text += chunk
        if (text.includes('PENDING')) break
      }
      leave.abort()
      const headers = Object.fromEntries(response.headers)
      for (const name of ['date', 'x-request-id']) delete headers[name]
      // Between the two there may have been a keep-alive.
      return { status: response.status, headers, text: text.replace(/^(:\n\n)+/, ':\n\n') }
    }
    const [events, anything] = [await read('text/event-stream'), await read('*/*')]
    expect(anything).toEqual(events)
    expect(events.text).toBe(`:\n\nevent: next\ndata: ${JSON.stringify(at('PENDING', 1))}\n\n`)
    expect(events.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'content-encoding': 'none',
      'x-accel-buffering': 'no',
      'cache-control': 'no-cache, no-transform',
    })
  })
})
