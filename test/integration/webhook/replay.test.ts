import { deliverDueWebhooks } from '../../../src/webhook/deliver.ts'
import { enqueueDeliveries } from '../../../src/webhook/enqueue.ts'
import { claimDue, IN_FLIGHT_PER_ENDPOINT } from '../../../src/webhook/record.ts'
import { type Replay, replay } from '../../../src/webhook/replay.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { keyOf } from '../../harness/listeners.ts'
import { givenEndpoint, type WebhookReceiver } from '../../harness/webhook-endpoint.ts'

const test = base.extend({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } })

async function givenEvent({ deps }: TestApp, app: TestApp): Promise<string> {
  const { payment } = await freshTapped(app)
  await enqueueDeliveries(deps, [{ paymentSn: payment.sn, version: 1 }])
  await deliverDueWebhooks(deps)
  return payment.sn
}

/** Replays to an endpoint, and delivers. @returns how many were replayed, and what arrived. */
async function replayTo({ deps }: TestApp, endpoint: WebhookReceiver & { id: string }, what: Replay) {
  const before = endpoint.events.length
  const count = await deps.db.$transaction((tx) => replay(tx, endpoint.id, what))
  await deliverDueWebhooks(deps)
  return { count, arrived: endpoint.events.slice(before).map(keyOf) }
}

const FROM_THE_START = new Date(0)
const inAMinute = () => new Date(Date.now() + 60_000)

describe('a replay', () => {
  test('of one event delivers it again, under the same id, to that endpoint alone', async ({ app }) => {
    const [endpoint, other] = [await givenEndpoint(app), await givenEndpoint(app)]
    const [sn] = [await givenEvent(app, app), await givenEvent(app, app)]
    const [first] = endpoint.events

    const event = { paymentSn: sn, version: 1 }
    expect(await replayTo(app, endpoint, { event })).toEqual({ count: 1, arrived: [`${sn} 1`] })

    expect(endpoint.events.at(-1)).toEqual(first)
    expect(endpoint.calls.filter(({ id }) => id === `evt_${sn}_1`)).toHaveLength(2)
    expect(other.events).toHaveLength(2)
  })

  test('of a span of time delivers what was before the endpoint, of its types', async ({ app }) => {
    const sns = [await givenEvent(app, app), await givenEvent(app, app)]
    const all = await givenEndpoint(app)
    const paid = await givenEndpoint(app, ['payment.succeeded'])

    const span = { since: FROM_THE_START, until: inAMinute() }
    const { count, arrived } = await replayTo(app, all, span)
    expect({ count, arrived: new Set(arrived) }).toEqual({ count: 2, arrived: new Set(sns.map((sn) => `${sn} 1`)) })
    expect(await replayTo(app, paid, span)).toEqual({ count: 0, arrived: [] })
    expect(await replayTo(app, all, { since: inAMinute(), until: inAMinute() })).toEqual({ count: 0, arrived: [] })
    expect(await replayTo(app, all, { since: FROM_THE_START, until: FROM_THE_START })).toEqual({
      count: 0,
      arrived: [],
    })
  })

  test('of what failed delivers that alone, with all of its tries', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const [failed] = [await givenEvent(app, app), await givenEvent(app, app)]
    await app.deps.db.$executeRaw`
      UPDATE webhook_delivery SET status = 'FAILED', tries = 10 WHERE "paymentSn" = ${failed}`

    expect(await replayTo(app, endpoint, { failed: true })).toEqual({ count: 1, arrived: [`${failed} 1`] })
    expect(await app.deps.db.webhookDelivery.findMany({ where: { paymentSn: failed } })).toMatchObject([
      { status: 'DELIVERED', tries: 1 },
    ])
  })

  test('lets new events go first, however much is replayed', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    for (let events = 0; events < IN_FLIGHT_PER_ENDPOINT; events++) await givenEvent(app, app)
    const span = { since: FROM_THE_START, until: inAMinute() }
    const again = await app.deps.db.$transaction((tx) => replay(tx, endpoint.id, span))
    expect(again).toBe(IN_FLIGHT_PER_ENDPOINT)
    const { payment } = await freshTapped(app)
    await enqueueDeliveries(app.deps, [{ paymentSn: payment.sn, version: 1 }])

    const claimed = await claimDue(app.deps.db)

    expect(claimed).toHaveLength(IN_FLIGHT_PER_ENDPOINT)
    expect(claimed.map(keyOf)).toContain(`${payment.sn} 1`)
  })

  test('leaves alone what waits already, and rejects what does not exist', async ({ app }) => {
    const endpoint = await givenEndpoint(app)
    const sn = await givenEvent(app, app)
    await app.deps.db.$executeRaw`
      UPDATE webhook_delivery SET status = 'PENDING', "endedAt" = NULL, "nextTryAt" = now() + interval '1 h', tries = 3`
    const event = { paymentSn: sn, version: 1 }
    expect(await replayTo(app, endpoint, { event })).toEqual({ count: 0, arrived: [] })

    await expect(replayTo(app, endpoint, { event: { ...event, version: 9 } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(app.deps.db.$transaction((tx) => replay(tx, 'we_nobody', { failed: true }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})
