import { describe, expect } from '../../harness/app.ts'
import { freshTapped, givenTapped, payOnPhone } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { move } from '../graphql/move.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { sn status version } }`

interface Change {
  paymentStatusChanged: { sn: string; status: string; version: number }
}

describe('paymentStatusChanged', () => {
  test('sends the current state at once and then the payment, over a WebSocket', async ({ app, graphql }) => {
    const { guest, payment, params } = await givenTapped(app)
    const client = openSocket(graphql.url, (await graphql.as(guest)).accessToken)
    const { received } = subscribe<Change>(client, WATCH, { sn: payment.sn })

    await expect.poll(() => received.length).toBe(1)
    await payOnPhone(app, params)
    await expect.poll(() => received.length).toBe(2)
    expect(received).toEqual([
      { data: { paymentStatusChanged: { sn: payment.sn, status: 'PENDING', version: 1 } } },
      { data: { paymentStatusChanged: { sn: payment.sn, status: 'SUCCESS', version: 2 } } },
    ])
    await client.dispose()
  })

  test('sends the current state and then the payment over server-sent events', async ({ app, graphql }) => {
    const { guest, payment, params } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const stream = await openEventStream<Change>(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })

    await expect.poll(() => stream.received.length).toBe(1)
    await payOnPhone(app, params)
    await expect
      .poll(() => stream.received.map(({ data }) => data?.paymentStatusChanged.status))
      .toEqual(['PENDING', 'SUCCESS'])
    stream.leave()
  })

  test('completes the subscription after REFUNDED', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const client = openSocket(graphql.url, accessToken)
    const socket = subscribe<Change>(client, WATCH, { sn: payment.sn })
    const events = await openEventStream<Change>(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => graphql.server.live.streamCount()).toBe(2)

    await move(app.deps, payment, 'SUCCESS')
    await move(app.deps, payment, 'REFUNDED')
    await expect.poll(() => [socket.state(), events.state()]).toEqual(['complete', 'complete'])
    expect(socket.received.at(-1)?.data?.paymentStatusChanged.status).toBe('REFUNDED')
    expect(events.received.at(-1)?.data?.paymentStatusChanged.status).toBe('REFUNDED')
    expect(graphql.server.live.streamCount()).toBe(0)
    await client.dispose()
  })

  test('answers NOT_FOUND before any data to anybody but the payer', async ({ app, graphql }) => {
    const { hostUserId, payment } = await freshTapped(app)
    const host = await graphql.as({ id: hostUserId })
    const client = openSocket(graphql.url, host.accessToken)
    const socket = subscribe<Change>(client, WATCH, { sn: payment.sn })
    const events = await openEventStream(graphql.url, WATCH, {
      variables: { sn: payment.sn },
      accessToken: host.accessToken,
    })

    await expect.poll(() => socket.state()).toBe('complete')
    await expect.poll(() => events.state()).toBe('complete')
    for (const { received } of [socket, events]) {
      expect(received).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }])
      expect(received[0]?.data ?? null).toBeNull()
    }
    await client.dispose()
  })

  test('answers UNAUTHENTICATED, and opens no stream, without a token', async ({ app, graphql }) => {
    const { payment } = await givenTapped(app)
    const client = openSocket(graphql.url)
    const socket = subscribe<Change>(client, WATCH, { sn: payment.sn })
    const events = await openEventStream(graphql.url, WATCH, { variables: { sn: payment.sn } })

    await expect.poll(() => socket.state()).toBe('complete')
    await expect.poll(() => events.state()).toBe('complete')
    for (const { received } of [socket, events]) {
      expect(received).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }])
    }
    expect(graphql.server.live.streamCount()).toBe(0)
    await client.dispose()
  })

  test('ends its streams when clients unsubscribe or disconnect', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const client = openSocket(graphql.url, accessToken)
    const stopped = subscribe<Change>(client, WATCH, { sn: payment.sn })
    subscribe<Change>(client, WATCH, { sn: payment.sn })
    const events = await openEventStream<Change>(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => graphql.server.live.streamCount()).toBe(3)

    stopped.stop()
    await expect.poll(() => graphql.server.live.streamCount()).toBe(2)
    client.terminate()
    await expect.poll(() => graphql.server.live.streamCount()).toBe(1)
    events.leave()
    await expect.poll(() => graphql.server.live.streamCount()).toBe(0)
  })

  test('answers 406, and opens no stream, to a client that accepts only JSON', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const response = await fetch(graphql.url, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${accessToken}`,
      },
      body: JSON.stringify({ query: WATCH, variables: { sn: payment.sn } }),
    })

    expect(response.status).toBe(406)
    expect(graphql.server.live.streamCount()).toBe(0)
  })
})

describe('the session behind a stream', () => {
  test('logging out closes the user’s sockets with 4403 and ends their event streams', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken, ...client } = await graphql.as(guest)
    const closes: number[] = []
    const on = { closed: (event: unknown) => void closes.push((event as { code: number }).code) }
    const socket = openSocket(graphql.url, accessToken, { on })
    const overSocket = subscribe<Change>(socket, WATCH, { sn: payment.sn })
    const events = await openEventStream<Change>(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => [overSocket.received.length, events.received.length]).toEqual([1, 1])

    await client.run('mutation { logout }')
    await expect.poll(() => closes).toEqual([4403])
    await expect.poll(() => events.state()).not.toBe('open')
    expect(overSocket.state()).toMatchObject({ error: { code: 4403 } })
    expect(graphql.server.live.streamCount()).toBe(0)
  })

  test('closes an idle socket with 4403 when its session expires', async ({ app, graphql }) => {
    const { guest } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const closes: number[] = []
    const connected = Promise.withResolvers<void>()
    const socket = openSocket(graphql.url, accessToken, {
      lazy: false,
      on: {
        connected: () => connected.resolve(),
        closed: (event) => void closes.push((event as { code: number }).code),
      },
      onNonLazyError: () => {},
    })
    await connected.promise
    await app.deps.db.session.updateMany({ data: { expiresAt: new Date() } })

    await expect.poll(() => closes).toEqual([4403])
    await socket.dispose()
  })
})
