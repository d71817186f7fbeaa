import pino from 'pino'
import type { Payment } from '../../../prisma/client/client.ts'
import { openPubsub } from '../../../src/infra/pubsub.ts'
import { createLivePayments, type LivePayments } from '../../../src/payment/live/live-payments.ts'
import { describe, expect } from '../../harness/app.ts'
import { freshTapped, givenTapped } from '../../harness/fixtures.ts'
import { countingReads, test } from '../../harness/graphql.ts'
import { freePort, startRedis } from '../../harness/redis.ts'
import { move } from '../graphql/move.ts'

const HOUR_MS = 3_600_000
const silent = pino({ level: 'silent' })
const noSession = () => () => {}

/** Reads a stream without delay: everything it yields, and whether it has ended. */
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

describe('a live stream', () => {
  test('sends changes while Redis is down, by reading again on a schedule', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const pubsub = openPubsub<Payment>({ redisUrl: 'redis://127.0.0.1:1', databaseId: '', log: silent })
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

  test('sends what changed while Redis was down as soon as it is back', async ({ app, skip }) => {
    const port = await freePort()
    const redis = await startRedis(port)
    if (!redis) return skip('there is no redis-server')
    const { payment } = await givenTapped(app)
    const pubsub = openPubsub<Payment>({ redisUrl: redis.url, databaseId: '', log: silent })
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
      await expect.poll(() => seen).toEqual(['PENDING', 'SUCCESS'])
      await revived?.stop()
    })
    await pubsub.close()
  })

  test('stays open after CLOSED for late money, and ends after a while without any', async ({ app }) => {
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

  test('sends a slow reader only the newest state', async ({ app }) => {
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

  test('reads once per hint for 50 streams, and not at all for a stale hint', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps, reads, haveEnded } = countingReads(app.deps)
    const live = createLivePayments(deps, { pendingRereadMs: HOUR_MS, otherRereadMs: HOUR_MS })
    await withLive(live, async () => {
      const streams = Array.from({ length: 50 }, () => readAll(live.watch(payment.sn, noSession)))
      await expect.poll(() => streams.every(({ seen }) => seen.length === 1)).toBe(true)
      // The read, and the look whether it has changed since.
      await expect.poll(() => reads).toHaveLength(2)
      await expect.poll(haveEnded).toBe(true)

      app.deps.pubsub.publish({ sn: payment.sn, version: 1 })
      app.deps.pubsub.publish({ sn: 'another payment', version: 9 })
      await move(app.deps, payment, 'SUCCESS')
      await expect.poll(() => streams.every(({ seen }) => seen.at(-1) === 'SUCCESS')).toBe(true)
      expect(reads).toHaveLength(3)
    })
  })

  test('ends live streams when the server stops, and those that start afterwards at once', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps)
    const { seen, ended } = readAll(live.watch(payment.sn, noSession))
    await expect.poll(() => seen.length).toBe(1)
    live.close()

    await expect.poll(ended).toBe(true)
    expect(await live.watch(payment.sn, noSession).next()).toEqual({ done: true, value: undefined })
  })
})
