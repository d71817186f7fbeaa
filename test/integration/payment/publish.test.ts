import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../../../prisma/client/client.ts'
import type { Database } from '../../../src/infra/database.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { applyNew } from '../../../src/payment/outbox/apply-new.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { startListening, stopListening } from '../../../src/payment/outbox/listen.ts'
import { PUBLISHED_AT_ONCE, publishDue } from '../../../src/payment/outbox/publish.ts'
import { settle, settlePayments } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { copyTapped } from '../../harness/copies.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import {
  freshOrder,
  freshTapped,
  givenTapped,
  paymentOf,
  payOnPhone,
  type Tapped,
  whenOrder,
} from '../../harness/fixtures.ts'
import { openGate, passGate } from '../../harness/gate.ts'
import { givenListener, givenQueueOf, keyOf, publishAll, queuedEvents } from '../../harness/listeners.ts'
import { givenRequestedRefund } from '../../harness/money.ts'
import { paidReport } from '../../harness/reports.ts'

async function givenSettled(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

/** Versions of a payment that are not published; null where that isn't followed. */
async function behind({ deps }: TestApp, sn: string): Promise<number | null> {
  const { version, publishedVersion } = await paymentOf(deps, sn)
  return publishedVersion === null ? null : version - publishedVersion
}

/** Held by a test, it makes a publisher wait that has found the first payment and not yet the next one. */
const GATE = 20_261_127

/** A database in which publishing passes the gate between two payments: it calls `hashtextextended` for each that it finds. */
async function openGatedDatabase({ databaseUrl, deps }: TestApp): Promise<Database> {
  await deps.db.$executeRaw`CREATE SCHEMA gated`
  await deps.db.$executeRawUnsafe(`
    CREATE FUNCTION gated.hashtextextended(text, bigint) RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN
      ${passGate(GATE)}
      RETURN pg_catalog.hashtextextended($1, $2);
    END $$`)
  const url = new URL(databaseUrl)
  url.searchParams.set('options', '-c search_path=gated,pg_catalog,public')
  const adapter = new PrismaPg({ connectionString: url.href })
  return new PrismaClient({ adapter, errorFormat: 'minimal' })
}

describe('publishing', () => {
  test.override({ isDeployed: true })

  test('gives each listener a job for every version of a payment, the first one included', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    await givenQueueOf(app, 'second-listener')
    const { payment } = await givenSettled(app)

    await publishAll(app.deps)
    await publishAll(app.deps)

    const both = [`${payment.sn} 1`, `${payment.sn} 2`]
    expect(await queuedEvents(app.deps, 'first-listener')).toEqual(both)
    expect(await queuedEvents(app.deps, 'second-listener')).toEqual(both)
    expect(await behind(app, payment.sn)).toBe(0)
  })

  test('skips what somebody has locked, and publishes it later', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const [locked, free] = [await freshTapped(app), await freshTapped(app)]

    await app.deps.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM payment WHERE sn = ${locked.payment.sn} FOR UPDATE`
      await publishDue(app.deps)
    })
    expect(await queuedEvents(app.deps, 'first-listener')).toEqual([`${free.payment.sn} 1`])

    await publishAll(app.deps)
    expect(await queuedEvents(app.deps, 'first-listener')).toHaveLength(2)
  })

  test('misses no change that is committed while it looks for what is due', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const payments = [(await freshTapped(app)).payment, (await freshTapped(app)).payment] as const
    const [first, next] = payments[0].sn < payments[1].sn ? payments : ([payments[1], payments[0]] as const)
    const db = await openGatedDatabase(app)
    const gate = await openGate(app.databaseUrl, GATE)
    await gate.close()

    const publishing = publishDue({ ...app.deps, db })
    await gate.isReached()
    await settle(app.deps, { transaction: paidReport(next), source: 'NOTICE' })
    await gate.open()
    await publishing
    await db.$disconnect()
    await app.deps.db.$executeRaw`DROP SCHEMA gated CASCADE`
    await publishAll(app.deps)

    expect(await queuedEvents(app.deps, 'first-listener')).toEqual([`${first.sn} 1`, `${next.sn} 1`, `${next.sn} 2`])
  })

  test('leaves the payments of an order to the one who publishes another of them', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const { order, payment } = await freshTapped(app)

    await app.deps.db.$transaction(async (tx) => {
      const key = `HOMESTAY_ORDER ${order.sn}`
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 4701522912))::text`
      await publishDue(app.deps)
      expect(await queuedEvents(app.deps, 'first-listener')).toEqual([])
    })

    await publishAll(app.deps)
    expect(await queuedEvents(app.deps, 'first-listener')).toEqual([`${payment.sn} 1`])
  })

  test('reports that more is due after a full batch', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const copies = await copyTapped(app, await givenTapped(app), PUBLISHED_AT_ONCE)
    const reports = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
    await settlePayments(app.deps.settleDb, reports)

    expect([await publishDue(app.deps), await publishDue(app.deps)]).toEqual([true, false])
    // The copies have the event of their second version alone.
    expect(await queuedEvents(app.deps, 'first-listener')).toHaveLength(PUBLISHED_AT_ONCE + 1)
  })

  test('interrupted, enqueues each event once, and marks what it has enqueued', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const interruptions = await interruptEverywhere(app, {
      given: () => givenSettled(app),
      run: (deps) => publishDue(deps),
      end: async ({ payment }) => ({
        behind: await behind(app, payment.sn),
        jobs: (await queuedEvents(app.deps, 'first-listener')).filter((event) => event.startsWith(payment.sn)).length,
      }),
    })

    expect(interruptions).toBeGreaterThan(4)
  })

  test('publishes every later change of a payment from before, and nothing that was before', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    const { payment } = await freshTapped(app)
    await app.deps.db.$transaction([
      app.deps.db.$executeRaw`SET LOCAL session_replication_role = replica`,
      app.deps.db.$executeRaw`UPDATE payment SET "publishedVersion" = NULL`,
    ])
    await publishAll(app.deps)
    expect(await behind(app, payment.sn)).toBeNull()

    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    await publishAll(app.deps)

    expect(await queuedEvents(app.deps, 'first-listener')).toEqual([`${payment.sn} 2`])
  })
})

describe('while nobody listens', () => {
  test('whoever changes a payment in a hot path marks it as published', async ({ app }) => {
    const { payment, order, guest } = await freshTapped(app)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ version: 1, publishedVersion: 1 })
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ version: 2, publishedVersion: 2 })

    const paid = await givenSettled(app)
    expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ version: 2, publishedVersion: 2 })
    await applyNew(app.deps)
    expect(await behind(app, paid.payment.sn)).toBe(0)
  })

  test('what others change is marked by the next run, without jobs', async ({ app }) => {
    const { payment } = await givenRequestedRefund(app)
    expect(await behind(app, payment.sn)).toBeGreaterThan(0)

    await publishAll(app.deps)

    expect(await behind(app, payment.sn)).toBe(0)
  })
})

describe('a listener', () => {
  test.override({ isDeployed: true })

  test('hears of nothing from before it began, and of nothing after it has ended', async ({ app }) => {
    const { listener } = await givenListener(app, 'first-listener')
    await givenSettled(app)
    await startListening(app.deps.db, listener.job)
    const { payment } = await freshTapped(app)
    await publishAll(app.deps)
    await stopListening(app.deps.db, listener.job)
    await givenSettled(app)
    await publishAll(app.deps)

    expect(await queuedEvents(app.deps, 'first-listener')).toEqual([`${payment.sn} 1`])
  })

  test('that always fails delays neither the order nor another listener', async ({ app }) => {
    let failures = 0
    const failing = await givenListener(app, 'failing-listener', async () => {
      failures += 1
      throw new Error('out of order')
    })
    const fine = await givenListener(app, 'fine-listener')
    await app.startWorkers({ listeners: [failing.listener, fine.listener] })

    const tapped = await givenTapped(app, await freshOrder(app))
    await payOnPhone(app, tapped.params)

    await whenOrder(app.deps, tapped.order.sn, 'WAIT_USE')
    await expect
      .poll(() => new Set(fine.heard.map(keyOf)))
      .toEqual(new Set([`${tapped.payment.sn} 1`, `${tapped.payment.sn} 2`]))
    await expect.poll(() => failures).toBeGreaterThan(2)
    expect(fine.heard.map(({ type }) => type)).toEqual(expect.arrayContaining(['payment.created', 'payment.succeeded']))
    expect(failing.heard).toEqual([])
  })

  test('hears of an event again when it has failed', async ({ app }) => {
    let tries = 0
    const { listener, heard } = await givenListener(app, 'first-listener', async () => {
      tries += 1
      if (tries === 1) throw new Error('out of order')
    })
    await app.startWorkers({ listeners: [listener] })

    const { payment } = await freshTapped(app)

    await expect.poll(() => heard.map(keyOf)).toEqual([`${payment.sn} 1`])
    expect(tries).toBe(2)
  })

  test('does not keep money from being applied where its queue is gone', async ({ app }) => {
    await app.deps.db.$executeRaw`INSERT INTO payment_listener (job) VALUES ('no-such-queue')`
    const { payment, order } = await givenSettled(app)

    await expect(publishDue(app.deps)).rejects.toThrow()
    await applyNew(app.deps)
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    expect(await behind(app, payment.sn)).toBe(2)
  })
})
