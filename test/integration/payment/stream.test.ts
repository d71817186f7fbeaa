import { onTestFinished } from 'vitest'
import { openKafka } from '../../../src/infra/kafka.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { removeListener } from '../../../src/payment/outbox/listeners.ts'
import { createStream, startStreaming } from '../../../src/payment/outbox/stream.ts'
import { settle, settlePayments } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { copyTapped } from '../../harness/copies.ts'
import { freshOrder, freshTapped, givenTapped, paymentOf, payOnPhone, tap, whenOrder } from '../../harness/fixtures.ts'
import { hasKcat, openTestKafka, type TestKafka } from '../../harness/kafka.ts'
import { openKafkaProxy } from '../../harness/kafka-proxy.ts'
import { keyOf, publishAll } from '../../harness/listeners.ts'
import { LONG_MS } from '../../harness/patience.ts'
import { paidReport } from '../../harness/reports.ts'

const TOPIC = 'payment-update-paystatus-topic'

/** A payment of two versions. */
async function givenSettled(app: TestApp) {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

/** What ends each stream of a test. */
const ending: (() => Promise<void>)[] = []

/** A worker's stream, of which the test takes every run. */
async function openStream({ deps }: TestApp, brokers: string[]): Promise<() => Promise<boolean>> {
  const kafka = await openKafka({ brokers, topic: TOPIC }, deps.log, { connectMs: LONG_MS, requestMs: LONG_MS })
  const { run, end } = createStream(deps, kafka)
  onTestFinished(() => kafka.close())
  ending.push(end)
  return run
}

async function versionsOf({ deps }: TestApp, sn: string) {
  const { version, publishedVersion, streamedVersion } = await paymentOf(deps, sn)
  return [version, publishedVersion, streamedVersion]
}

async function streamAll(run: () => Promise<boolean>): Promise<void> {
  while (await run());
}

const seen = ({ consumed }: TestKafka) => consumed.map(({ event }) => keyOf(event))

describe('the stream to Kafka', { skip: !hasKcat }, () => {
  test('has every version of a payment, keyed by its order, and says how far it has come', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const { payment, order } = await givenSettled(app)
    await publishAll(app.deps)
    expect(await versionsOf(app, payment.sn)).toEqual([2, 2, 0])

    await streamAll(await openStream(app, [kafka.broker]))

    await expect.poll(() => seen(kafka)).toEqual([`${payment.sn} 1`, `${payment.sn} 2`])
    expect(kafka.consumed.map(({ key }) => key)).toEqual([order.sn, order.sn])
    expect(await versionsOf(app, payment.sn)).toEqual([2, 2, 2])
  })

  test('begins with what changes once Kafka is configured, and enqueues no job', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    const { payment } = await freshTapped(app)
    await startStreaming(app.deps.db)
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    await publishAll(app.deps)

    await streamAll(await openStream(app, [kafka.broker]))

    await expect.poll(() => seen(kafka)).toEqual([`${payment.sn} 2`])
    expect(await app.deps.db.$queryRaw`SELECT 1 FROM pgboss.job WHERE name = 'kafka-stream'`).toEqual([])
  })

  test('keeps the order of an order’s events, over all of its payments, though the clock is turned back', async ({
    app,
  }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const { payment, order, guest } = await freshTapped(app)
    await closeAttempt(app.deps, payment)
    const { paymentSn } = await tap(app.deps, { order, guest })
    await app.deps.db.$transaction([
      app.deps.db.$executeRaw`SET LOCAL session_replication_role = replica`,
      app.deps.db.$executeRaw`
        UPDATE payment_event SET at = at - interval '1 min' WHERE "paymentSn" = ${payment.sn} AND version = 2`,
    ])
    await publishAll(app.deps)

    await streamAll(await openStream(app, [kafka.broker]))

    await expect.poll(() => seen(kafka)).toEqual([`${payment.sn} 1`, `${payment.sn} 2`, `${paymentSn} 1`])
    expect(new Set(kafka.consumed.map(({ key }) => key))).toEqual(new Set([order.sn]))
  })

  test('waits with an order while one of its payments is not published', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const [waiting, other] = [await givenSettled(app), await givenSettled(app)]
    await publishAll(app.deps)
    await app.deps.db.$executeRaw`UPDATE payment SET version = version + 1 WHERE sn = ${waiting.payment.sn}`

    await streamAll(await openStream(app, [kafka.broker]))

    await expect.poll(() => seen(kafka)).toEqual([`${other.payment.sn} 1`, `${other.payment.sn} 2`])
    expect(await versionsOf(app, waiting.payment.sn)).toEqual([3, 2, 0])
  })

  test('sends what is published behind any number of orders that wait', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const copies = await copyTapped(app, await givenTapped(app), 201)
    const reports = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
    await settlePayments(app.deps.settleDb, reports)
    await publishAll(app.deps)
    const last = copies.at(-1)?.sn ?? ''
    await app.deps.db.$executeRaw`UPDATE payment SET version = version + 1 WHERE sn LIKE 'PA-copy-%' AND sn <> ${last}`

    await streamAll(await openStream(app, [kafka.broker]))

    expect(await versionsOf(app, last)).toEqual([2, 2, 2])
  })

  test('is one process’s at a time, and another’s once that has died', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const [first, second] = [await openStream(app, [kafka.broker]), await openStream(app, [kafka.broker])]
    await first()
    await app.deps.db.$executeRaw`UPDATE event_stream SET "leasedUntil" = now() + interval '1 h'`
    const { payment } = await givenSettled(app)
    await publishAll(app.deps)

    expect(await second()).toBe(false)
    await app.deps.db.$executeRaw`UPDATE event_stream SET "leasedUntil" = now() - interval '1 s'`
    expect(await second()).toBe(true)
    expect(await first()).toBe(false)

    await ending.at(-1)?.()
    expect(await app.deps.db.$queryRaw`SELECT 1 FROM event_stream WHERE "leasedUntil" > now()`).toEqual([])

    await expect.poll(() => seen(kafka)).toEqual([`${payment.sn} 1`, `${payment.sn} 2`])
  })

  test('sends again what was not recorded, in the same order', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const { payment } = await givenSettled(app)
    await publishAll(app.deps)
    const run = await openStream(app, [kafka.broker])
    await run()
    await app.deps.db.$executeRaw`UPDATE payment SET "streamedVersion" = 0`

    await streamAll(run)

    const both = [`${payment.sn} 1`, `${payment.sn} 2`]
    await expect.poll(() => seen(kafka)).toEqual([...both, ...both])
  })

  test('sends less at once to brokers that refuse so much, and all of it in the end', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC, { mostBytes: 20_000 })
    await startStreaming(app.deps.db)
    const copies = await copyTapped(app, await givenTapped(app), 100)
    const reports = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
    await settlePayments(app.deps.settleDb, reports)
    await publishAll(app.deps)
    const run = await openStream(app, [kafka.broker])

    expect(await run()).toBe(false)
    await expect
      .poll(async () => {
        await streamAll(run)
        return new Set(seen(kafka))
      })
      .toEqual(new Set((await app.deps.db.paymentEvent.findMany()).map(keyOf)))
  })

  test('sends nothing once its listener is removed', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    await startStreaming(app.deps.db)
    const run = await openStream(app, [kafka.broker])
    const { payment } = await givenSettled(app)
    await publishAll(app.deps)

    await app.deps.db.$transaction((tx) => removeListener(tx, 'kafka-stream'))
    expect(await run()).toBe(false)
    expect(await versionsOf(app, payment.sn)).toEqual([2, 2, 0])

    await startStreaming(app.deps.db)
    await streamAll(run)
    expect(await versionsOf(app, payment.sn)).toEqual([2, 2, 2])
  })

  test('loses nothing while Kafka cannot be reached, and applies payments meanwhile', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    const proxy = await openKafkaProxy(kafka.broker)
    await proxy.refuse()
    await startStreaming(app.deps.db)
    const run = await openStream(app, [proxy.address])
    const { payment } = await givenSettled(app)
    await publishAll(app.deps)

    expect(await run()).toBe(false)
    expect(await versionsOf(app, payment.sn)).toEqual([2, 2, 0])
    await proxy.accept()

    await expect
      .poll(async () => {
        await streamAll(run)
        return versionsOf(app, payment.sn)
      })
      .toEqual([2, 2, 2])
    await expect.poll(() => new Set(seen(kafka))).toEqual(new Set([`${payment.sn} 1`, `${payment.sn} 2`]))
  })
})

describe('workers with Kafka', { skip: !hasKcat }, () => {
  test.override({ isDeployed: true })

  test('stream every version in order per order, though the broker freezes in the middle', async ({ app }) => {
    const kafka = await openTestKafka(TOPIC)
    const config = { ...app.deps.config, kafka: { brokers: [kafka.broker], topic: TOPIC } }
    await app.startWorkers({ deps: { ...app.deps, config } })
    const pay = async () => {
      const tapped = await givenTapped(app, await freshOrder(app))
      await payOnPhone(app, tapped.params)
      return tapped
    }
    const before = await pay()
    await expect.poll(() => seen(kafka)).toContain(`${before.payment.sn} 2`)

    kafka.freeze()
    const during = [await pay(), await pay()]
    const cancelled = await freshTapped(app)
    await cancelHomestayOrder(app.deps, { userId: cancelled.guest.id, sn: cancelled.order.sn })
    // Nobody else notices.
    for (const { order } of during) await whenOrder(app.deps, order.sn, 'WAIT_USE')
    kafka.thaw()
    const after = await pay()

    const payments = [before, ...during, cancelled, after].map(({ payment }) => payment.sn)
    const all = payments.flatMap((sn) => [`${sn} 1`, `${sn} 2`])
    await expect.poll(() => all.filter((event) => !seen(kafka).includes(event))).toEqual([])
    for (const sn of payments) {
      const first = [1, 2].map((version) => seen(kafka).indexOf(`${sn} ${version}`))
      expect(first[0], `${sn}, versions in order`).toBeLessThan(first[1] ?? -1)
    }
  })
})
