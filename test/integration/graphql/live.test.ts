import pino from 'pino'
import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { createLivePayments, type LivePayments } from '../../../src/graphql/live.ts'
import { openPubsub } from '../../../src/infra/pubsub.ts'
import { describe, expect } from '../../harness/app.ts'
import { countingReads, test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { freePort, startRedis } from '../../harness/redis.ts'
import { freshTapped, givenTapped, payOnPhone } from '../../harness/scene.ts'
import { newTransactionId } from '../../harness/word.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { sn status version } }`
const HOUR_MS = 3_600_000
const silent = pino({ level: 'silent' })
const noSession = () => () => {}

interface Change {
  paymentStatusChanged: { sn: string; status: string; version: number }
}

type Step = 'SUCCESS' | 'REFUNDED' | 'CLOSED'

/** Moves the payment as another process would, and hints at it through `pubsub`. */
async function move({ db, pubsub }: Pick<Deps, 'db' | 'pubsub'>, payment: Payment, to: Step): Promise<void> {
  const { sn, payTotal } = payment
  const facts = {
    SUCCESS: { transactionId: newTransactionId(), paidTotal: payTotal, paidAt: new Date() },
    REFUNDED: {
      refundedTotal: payTotal,
      refunds: {
        create: {
          outRefundNo: `by-hand-${sn}`,
          cause: 'BY_HAND',
          status: 'SUCCESS',
          refundTotal: payTotal,
          endedAt: new Date(),
        },
      },
    },
    CLOSED: { closedAt: new Date() },
  } as const
  const data = { ...facts[to], status: to, version: { increment: 1 } }
  const { version } = await db.payment.update({ where: { sn }, data })
  pubsub.publish({ sn, version })
}

/** Everything that a reader who keeps up gets. */
function readAll(stream: AsyncIterable<Payment>): { seen: Payment['status'][]; ended: () => boolean } {
  const seen: Payment['status'][] = []
  let ended = false
  const read = async () => {
    for await (const { status } of stream) seen.push(status)
    ended = true
  }
  void read()
  return { seen, ended: () => ended }
}

async function withLive<Result>(live: LivePayments, body: () => Promise<Result>): Promise<Result> {
  try {
    return await body()
  } finally {
    live.close()
  }
}

describe('paymentStatusChanged', () => {
  test('sends the present state at once and then the payment, over a WebSocket', async ({ app, graphql }) => {
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

  test('sends the same over server-sent events', async ({ app, graphql }) => {
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

  test('completes after REFUNDED', async ({ app, graphql }) => {
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

  test('is an error before any data for anybody but the payer', async ({ app, graphql }) => {
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

  test('leaves nothing behind when clients go', async ({ app, graphql }) => {
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

  test('costs nothing when the client can read no stream', async ({ app, graphql }) => {
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

describe('a stream', () => {
  test('shows what happened while Redis was away, by reading again', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const pubsub = openPubsub('redis://127.0.0.1:1', silent)
    const live = createLivePayments({ ...app.deps, pubsub }, { pendingRereadMs: 20, otherRereadMs: 40 })
    await withLive(live, async () => {
      const { seen, ended } = readAll(live.watch(payment.sn, noSession))
      await expect.poll(() => seen).toEqual(['PENDING'])

      await move({ ...app.deps, pubsub }, payment, 'SUCCESS')
      await expect.poll(() => seen).toEqual(['PENDING', 'SUCCESS'])
      await move({ ...app.deps, pubsub }, payment, 'REFUNDED')
      await expect.poll(ended).toBe(true)
      expect(seen).toEqual(['PENDING', 'SUCCESS', 'REFUNDED'])
    })
    await pubsub.close()
  })

  test('shows what happened while Redis was away as soon as it is back', async ({ app, skip }) => {
    const port = await freePort()
    const redis = await startRedis(port)
    if (!redis) return skip('there is no redis-server')
    const { payment } = await givenTapped(app)
    const pubsub = openPubsub(redis.url, silent)
    await expect.poll(() => pubsub.connected()).toBe(true)
    const never = { pendingRereadMs: HOUR_MS, otherRereadMs: HOUR_MS }
    const live = createLivePayments({ ...app.deps, pubsub }, never)
    await withLive(live, async () => {
      const { seen } = readAll(live.watch(payment.sn, noSession))
      await expect.poll(() => seen).toEqual(['PENDING'])
      await redis.stop()
      await expect.poll(() => pubsub.connected()).toBe(false)

      await move({ ...app.deps, pubsub }, payment, 'SUCCESS')
      expect(seen).toEqual(['PENDING'])
      const revived = await startRedis(port)
      await expect.poll(() => seen, { timeout: 5_000 }).toEqual(['PENDING', 'SUCCESS'])
      await revived?.stop()
    })
    await pubsub.close()
  })

  test('goes on after CLOSED for late money, and ends after a while without', async ({ app }) => {
    const [late, lost] = [await freshTapped(app), await freshTapped(app)]
    const patient = createLivePayments(app.deps, { closedLingerMs: HOUR_MS })
    const hasty = createLivePayments(app.deps, { closedLingerMs: 10 })
    await withLive(patient, async () => {
      const { seen, ended } = readAll(patient.watch(late.payment.sn, noSession))
      await move(app.deps, late.payment, 'CLOSED')
      await expect.poll(() => seen.at(-1)).toBe('CLOSED')
      await move(app.deps, late.payment, 'SUCCESS')
      await expect.poll(() => seen.at(-1)).toBe('SUCCESS')
      expect(ended()).toBe(false)
    })
    await withLive(hasty, async () => {
      await move(app.deps, lost.payment, 'CLOSED')
      const { seen, ended } = readAll(hasty.watch(lost.payment.sn, noSession))
      await expect.poll(ended).toBe(true)
      expect(seen).toEqual(['CLOSED'])
      expect(hasty.streamCount()).toBe(0)
    })
  })

  test('gives a slow reader the newest state alone', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps)
    await withLive(live, async () => {
      const slow = live.watch(payment.sn, noSession)
      expect((await slow.next()).value).toMatchObject({ status: 'PENDING' })
      const { seen } = readAll(live.watch(payment.sn, noSession))

      await move(app.deps, payment, 'CLOSED')
      await expect.poll(() => seen.at(-1)).toBe('CLOSED')
      await move(app.deps, payment, 'SUCCESS')
      await expect.poll(() => seen.at(-1)).toBe('SUCCESS')
      expect((await slow.next()).value).toMatchObject({ status: 'SUCCESS', version: 3 })
    })
  })

  test('costs one read for a hint, however many listen, and none for a hint of old', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps, reads } = countingReads(app.deps)
    const live = createLivePayments(deps, { pendingRereadMs: HOUR_MS, otherRereadMs: HOUR_MS })
    await withLive(live, async () => {
      const streams = Array.from({ length: 50 }, () => readAll(live.watch(payment.sn, noSession)))
      await expect.poll(() => streams.every(({ seen }) => seen.length === 1)).toBe(true)
      const before = reads.length

      app.deps.pubsub.publish({ sn: payment.sn, version: 1 })
      app.deps.pubsub.publish({ sn: 'another payment', version: 9 })
      await move(app.deps, payment, 'SUCCESS')
      await expect.poll(() => streams.every(({ seen }) => seen.at(-1) === 'SUCCESS')).toBe(true)
      expect(reads.slice(before)).toEqual(['Payment.findMany'])
    })
  })

  test('ends when the server stops, also one that begins then', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps)
    const { seen, ended } = readAll(live.watch(payment.sn, noSession))
    await expect.poll(() => seen.length).toBe(1)
    live.close()

    await expect.poll(ended).toBe(true)
    expect(await live.watch(payment.sn, noSession).next()).toEqual({ done: true, value: undefined })
  })
})

describe('the session behind a stream', () => {
  test('ends it: a socket with 4403, server-sent events without a word', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken, ...client } = await graphql.as(guest)
    const closes: number[] = []
    const on = { closed: (event: unknown) => void closes.push((event as { code: number }).code) }
    const socket = openSocket(graphql.url, accessToken, { on })
    const overSocket = subscribe<Change>(socket, WATCH, { sn: payment.sn })
    const events = await openEventStream<Change>(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => [overSocket.received.length, events.received.length]).toEqual([1, 1])

    await client.run('mutation { logout }')
    await expect.poll(() => closes, { timeout: 5_000 }).toEqual([4403])
    await expect.poll(() => events.state(), { timeout: 5_000 }).not.toBe('open')
    expect(overSocket.state()).toMatchObject({ error: { code: 4403 } })
    expect(graphql.server.live.streamCount()).toBe(0)
  })

  test('ends it by expiring as well, and an idle socket too', async ({ app, graphql }) => {
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

    await expect.poll(() => closes, { timeout: 5_000 }).toEqual([4403])
    await socket.dispose()
  })
})
