import { vi } from 'vitest'
import type { WebhookDelivery } from '../../../prisma/client/client.ts'
import { settle, settlePayments } from '../../../src/payment/settlement/settle.ts'
import { deliverDueWebhooks } from '../../../src/webhook/deliver.ts'
import { disableEndpoint, enableEndpoint, removeEndpoint, rotateSecret } from '../../../src/webhook/endpoint.ts'
import { enqueueDeliveries } from '../../../src/webhook/enqueue.ts'
import { deletePastDeliveries, failForgottenDeliveries } from '../../../src/webhook/past.ts'
import { claimDue, IN_FLIGHT_PER_ENDPOINT, IS_DUE } from '../../../src/webhook/record.ts'
import { replay } from '../../../src/webhook/replay.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { copyTapped } from '../../harness/copies.ts'
import { freshTapped, givenTapped, paymentOf } from '../../harness/fixtures.ts'
import { keyOf, publishAll } from '../../harness/listeners.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { paidReport } from '../../harness/reports.ts'
import { failing, givenEndpoint, ok } from '../../harness/webhook-endpoint.ts'

const test = base.extend({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } })

/** A payment of two versions. */
async function givenSettled(app: TestApp): Promise<string> {
  const { payment } = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
  return payment.sn
}

/** What the jobs of webhooks do, with every version of these payments. */
async function enqueueAll({ deps }: TestApp, sns: string[]): Promise<void> {
  const events = await deps.db.paymentEvent.findMany({ where: { paymentSn: { in: sns } } })
  await enqueueDeliveries(deps, events)
}

function deliveriesOf({ deps }: TestApp, endpointId?: string): Promise<WebhookDelivery[]> {
  const where = endpointId === undefined ? {} : { endpointId }
  return deps.db.webhookDelivery.findMany({ where, orderBy: [{ paymentSn: 'asc' }, { version: 'asc' }] })
}

async function makeDue({ deps }: TestApp): Promise<void> {
  await deps.db.$executeRaw`UPDATE webhook_delivery SET "nextTryAt" = now() - interval '1 s' WHERE status = 'PENDING'`
}

async function expireClaims({ deps }: TestApp): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE webhook_delivery SET "claimedUntil" = now() - interval '1 s', "nextTryAt" = now() - interval '1 s'
    WHERE "claimedUntil" IS NOT NULL`
}

describe('a webhook', () => {
  test('is due from the moment in which it is enqueued', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const { payment } = await freshTapped(app)
    const due: boolean[] = []
    // Half of all instants are kept as a later millisecond.
    for (let version = 1; version <= 20; version++) {
      const [made] = await app.deps.db.$queryRaw<{ isDue: boolean }[]>`
        WITH d AS (
          INSERT INTO webhook_delivery ("endpointId", "paymentSn", version) VALUES (${endpoint.id}, ${payment.sn}, ${version})
          RETURNING *
        )
        SELECT ${IS_DUE} AS "isDue" FROM d`
      due.push(made?.isDue ?? false)
    }
    expect(due).not.toContain(false)
  })

  test('delivers every version of a payment, signed', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const sn = await givenSettled(app)
    await enqueueAll(app, [sn])

    await deliverDueWebhooks(app.deps)

    expect(
      endpoint.events.map(({ type, version }) => `${version} ${type}`).toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['1 payment.created', '2 payment.succeeded'])
    expect(endpoint.calls.map(({ id }) => id)).toEqual(expect.arrayContaining([`evt_${sn}_1`, `evt_${sn}_2`]))
    const ended = { status: 'DELIVERED', tries: 1, lastAnswer: '204', claimedUntil: null }
    expect(await deliveriesOf(app)).toMatchObject([ended, ended])
  })

  test('gets the types that it wants alone, and nothing while it is disabled', async ({ app }) => {
    const wanting = await givenEndpoint(app, ['payment.succeeded', 'payment.refunded'])
    const disabled = await givenEndpoint(app)
    await app.deps.db.$transaction((tx) => disableEndpoint(tx, disabled.id, 'a test'))
    await enqueueAll(app, [await givenSettled(app)])

    await deliverDueWebhooks(app.deps)

    expect(wanting.events.map(({ type }) => type)).toEqual(['payment.succeeded'])
    expect(await deliveriesOf(app, disabled.id)).toEqual([])
  })

  test('makes changes of payments publish themselves only while one is enabled', async ({ app }) => {
    const published = async () => {
      const { payment } = await freshTapped(app)
      return (await paymentOf(app.deps, payment.sn)).publishedVersion
    }
    expect(await published()).toBe(1)
    const [one, other] = [await givenEndpoint(app), await givenEndpoint(app)]
    await app.deps.db.$transaction((tx) => disableEndpoint(tx, one.id, 'a test'))
    expect(await published()).toBe(0)
    await app.deps.db.$transaction((tx) => removeEndpoint(tx, other.id))
    expect(await published()).toBe(1)
    await app.deps.db.$transaction((tx) => enableEndpoint(tx, one.id))
    expect(await published()).toBe(0)
  })

  test('is signed by both secrets after a rotation, until the old one ends', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const { secret } = await app.deps.db.$transaction((tx) => rotateSecret(tx, endpoint.id, { keepHours: 24 }))
    endpoint.secrets.push(secret)
    const first = await givenSettled(app)
    await enqueueAll(app, [first])
    await deliverDueWebhooks(app.deps)
    expect(endpoint.events).toHaveLength(2)
    expect(endpoint.calls.map(({ signatures }) => signatures)).toEqual([2, 2])

    await app.deps.db.$executeRaw`UPDATE webhook_endpoint SET "previousSecretUntil" = now() - interval '1 s'`
    endpoint.secrets.shift()
    await enqueueAll(app, [await givenSettled(app)])
    await deliverDueWebhooks(app.deps)
    expect(endpoint.events).toHaveLength(4)
    expect(endpoint.calls.slice(2).map(({ signatures }) => signatures)).toEqual([1, 1])
  })
})

describe('an endpoint that fails', () => {
  test('is tried again, slower and slower, for three days; then the delivery has failed', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    endpoint.answer = failing(500)
    await enqueueAll(app, [await givenSettled(app)])
    // A tenth more or less by chance: the last two waits could change places.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)

    const waits: number[] = []
    for (;;) {
      await deliverDueWebhooks(app.deps)
      const [{ status, seconds } = { status: 'FAILED', seconds: 0 }] = await app.deps.db.$queryRaw<
        { status: string; seconds: number }[]
      >`SELECT status::text, extract(epoch FROM "nextTryAt" - now())::float8 AS seconds FROM webhook_delivery`
      if (status === 'FAILED') break
      waits.push(seconds)
      await makeDue(app)
    }

    expect(waits.every((seconds, index) => index === 0 || seconds > (waits[index - 1] ?? 0))).toBe(true)
    const days = waits.reduce((sum, seconds) => sum + seconds, 0) / 86_400
    expect(days).toBeGreaterThan(2.8)
    expect(days).toBeLessThan(3.6)
    expect(endpoint.calls).toHaveLength(waits.length + 1)
    expect(new Set(endpoint.calls.map(({ id }) => id)).size).toBe(1)
    expect(await deliveriesOf(app)).toMatchObject([{ status: 'FAILED', lastAnswer: '500 out of order' }])
  })

  test('gets the event once it answers again', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.succeeded'])
    endpoint.answer = (response, calls) => (calls < 2 ? failing(503)(response) : ok(response))
    await enqueueAll(app, [await givenSettled(app)])

    await deliverDueWebhooks(app.deps)
    expect(await app.deps.db.webhookEndpoint.findMany()).toMatchObject([{ failingSince: expect.any(Date) }])
    await makeDue(app)
    await deliverDueWebhooks(app.deps)

    expect(endpoint.events).toHaveLength(1)
    expect(await app.deps.db.webhookEndpoint.findMany()).toMatchObject([{ failingSince: null, enabled: true }])
  })

  test('is tried again later, whatever bytes it answers', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    endpoint.answer = (response) => void response.writeHead(500).end('\u0000 out of order')
    await enqueueAll(app, [await givenSettled(app)])

    await deliverDueWebhooks(app.deps)

    expect(await deliveriesOf(app)).toMatchObject([
      { status: 'PENDING', tries: 1, claimedUntil: null, lastAnswer: '500 out of order' },
    ])
  })

  test('is disabled with an alert after days of nothing else', async ({ app }) => {
    const alerts = withAlerts(app.deps)
    const endpoint = await givenEndpoint(app)
    endpoint.answer = failing(500)
    await enqueueAll(app, [await givenSettled(app)])
    await deliverDueWebhooks(alerts.deps)
    await app.deps.db.$executeRaw`UPDATE webhook_endpoint SET "failingSince" = now() - interval '121 h'`
    await makeDue(app)

    await deliverDueWebhooks(alerts.deps)
    await makeDue(app)
    const calls = endpoint.calls.length
    await deliverDueWebhooks(alerts.deps)

    expect(await app.deps.db.webhookEndpoint.findMany()).toMatchObject([
      { enabled: false, disabledReason: 'every call has failed for five days' },
    ])
    expect(alerts.lines).toMatchObject([{ alarm: 'webhook', endpointId: endpoint.id }])
    expect(endpoint.calls).toHaveLength(calls)
    expect(await app.deps.db.paymentListener.count()).toBe(0)
  })

  test('is disabled at once when it answers 410, and gets what waits once it is enabled', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    endpoint.answer = failing(410)
    await enqueueAll(app, [await givenSettled(app)])
    await deliverDueWebhooks(app.deps)
    expect(await app.deps.db.webhookEndpoint.findMany()).toMatchObject([{ enabled: false }])

    endpoint.answer = ok
    await app.deps.db.$transaction((tx) => enableEndpoint(tx, endpoint.id))
    await makeDue(app)
    await deliverDueWebhooks(app.deps)
    expect(endpoint.events).toHaveLength(2)
  })

  test('holds up nobody else while it answers nothing, and has few calls in flight', async ({ app }) => {
    const [slow, fine] = [await givenEndpoint(app), await givenEndpoint(app)]
    const released = Promise.withResolvers<void>()
    slow.answer = async (response) => {
      await released.promise
      ok(response)
    }
    const copies = await copyTapped(app, await givenTapped(app), 20)
    const reports = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
    await settlePayments(app.deps.settleDb, reports)
    await enqueueAll(
      app,
      copies.map(({ sn }) => sn),
    )

    // Two workers.
    const runs = [deliverDueWebhooks(app.deps), deliverDueWebhooks(app.deps)]
    await expect.poll(() => fine.events.length).toBe(20)
    expect(slow.events).toEqual([])
    expect(slow.mostAtOnce()).toBeLessThanOrEqual(IN_FLIGHT_PER_ENDPOINT)
    released.resolve()
    await Promise.all(runs)

    // On a slow machine some calls were given up before.
    const arrived = async () => {
      await makeDue(app)
      await deliverDueWebhooks(app.deps)
      return new Set(slow.events.map(keyOf)).size
    }
    await expect.poll(arrived).toBe(20)
    expect(slow.mostAtOnce()).toBe(IN_FLIGHT_PER_ENDPOINT)
    expect(fine.mostAtOnce()).toBeLessThanOrEqual(IN_FLIGHT_PER_ENDPOINT)
  })
})

describe('a worker that dies in the middle', () => {
  test('leaves its claims to others, which send again', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const sn = await givenSettled(app)
    await enqueueAll(app, [sn])
    expect(await claimDue(app.deps.db)).toHaveLength(2)

    await deliverDueWebhooks(app.deps)
    expect(endpoint.calls).toEqual([])
    await expireClaims(app)
    await deliverDueWebhooks(app.deps)

    expect(endpoint.events.map(keyOf)).toEqual(expect.arrayContaining([`${sn} 1`, `${sn} 2`]))
  })

  test('takes none of the tries away, however often it dies', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    await enqueueAll(app, [await givenSettled(app)])
    for (let deaths = 0; deaths < 12; deaths++) {
      expect(await claimDue(app.deps.db)).toHaveLength(1)
      await expireClaims(app)
    }
    endpoint.answer = failing(503)
    await deliverDueWebhooks(app.deps)

    expect(await deliveriesOf(app)).toMatchObject([{ status: 'PENDING', tries: 1 }])
  })

  test('stops soon although a call takes long', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    const stopping = new AbortController()
    const released = Promise.withResolvers<void>()
    endpoint.answer = async (response) => {
      stopping.abort()
      await released.promise
      ok(response)
    }
    await enqueueAll(app, [await givenSettled(app)])

    await deliverDueWebhooks(app.deps, stopping.signal)

    // The call would have ended without an answer, and that would be recorded.
    expect(await deliveriesOf(app)).toMatchObject([{ status: 'PENDING', tries: 1, lastAnswer: null }])
    released.resolve()
    await expect.poll(async () => (await deliveriesOf(app))[0]?.lastAnswer).not.toBeNull()
  })
})

describe('deliveries that have ended', () => {
  test('are deleted after a month, and failed ones after three', async ({ app }) => {
    await givenEndpoint(app)
    const [delivered, failed] = [await givenSettled(app), await givenSettled(app)]
    await enqueueAll(app, [delivered, failed])
    const end = (sn: string, status: string, days: number, version: number) => app.deps.db.$executeRaw`
      UPDATE webhook_delivery SET status = ${status}::"WebhookDeliveryStatus",
        "endedAt" = now() - make_interval(days => ${days}::int) WHERE "paymentSn" = ${sn} AND version = ${version}`
    await end(delivered, 'DELIVERED', 29, 1)
    await end(delivered, 'DELIVERED', 31, 2)
    await end(failed, 'FAILED', 89, 1)
    await end(failed, 'FAILED', 91, 2)

    expect(await deletePastDeliveries(app.deps)).toBe(false)

    expect((await deliveriesOf(app)).map(({ version }) => version)).toEqual([1, 1])
  })
})

describe('deliveries that wait for a turn', () => {
  test('fail after a month, and can be replayed', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    const [late, later] = [await givenSettled(app), await givenSettled(app)]
    await enqueueAll(app, [late, later])
    const wait = (sn: string, days: number) => app.deps.db.$executeRaw`
      UPDATE webhook_delivery SET "nextTryAt" = now() - make_interval(days => ${days}::int) WHERE "paymentSn" = ${sn}`
    await wait(late, 29)
    await wait(later, 31)

    expect(await failForgottenDeliveries(app.deps)).toBe(false)

    const statusOf = async (paymentSn: string) => app.deps.db.webhookDelivery.findFirst({ where: { paymentSn } })
    expect(await statusOf(late)).toMatchObject({ status: 'PENDING' })
    expect(await statusOf(later)).toMatchObject({ status: 'FAILED', lastAnswer: 'not sent: it waited for 30 days' })
    await app.deps.db.$transaction((tx) => replay(tx, endpoint.id, { failed: true }))
    await deliverDueWebhooks(app.deps)
    expect(new Set(endpoint.events.map(keyOf))).toEqual(new Set([`${late} 1`, `${later} 1`]))
  })
})

describe('an endpoint that is removed', () => {
  test('while it is called, leaves nothing behind, and no error', async ({ app }) => {
    const endpoint = await givenEndpoint(app, ['payment.created'])
    endpoint.answer = async (response) => {
      await app.deps.db.$transaction((tx) => removeEndpoint(tx, endpoint.id))
      failing(410)(response)
    }
    await enqueueAll(app, [await givenSettled(app)])

    await deliverDueWebhooks(app.deps)

    expect(await deliveriesOf(app)).toEqual([])
    expect(await app.deps.db.webhookEndpoint.count()).toBe(0)
  })

  test('while an event is enqueued for it, is left out', async ({ app }) => {
    const [removed, other] = [await givenEndpoint(app), await givenEndpoint(app)]
    const sn = await givenSettled(app)

    const enqueueing = await app.deps.db.$transaction(async (tx) => {
      await removeEndpoint(tx, removed.id)
      const enqueueing = enqueueAll(app, [sn])
      await expect.poll(() => app.deps.db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(1)
      return { ended: enqueueing }
    })
    await enqueueing.ended

    expect((await deliveriesOf(app)).map(({ endpointId }) => endpointId)).toEqual([other.id, other.id])
  })
})

describe('workers', () => {
  test.override({ isDeployed: true })

  test('deliver every version of a payment, from its tap on', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    await app.startWorkers()
    const sn = await givenSettled(app)
    await expect.poll(() => new Set(endpoint.events.map(keyOf))).toEqual(new Set([`${sn} 1`, `${sn} 2`]))
    await publishAll(app.deps)
  })
})
