import type { FaultKind } from '@looklook-pay/sandbox'
import pino from 'pino'
import type { Message } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { logSkippedMessages } from '../../../src/notification/template.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { deliverMessage } from '../../harness/deliver.ts'
import {
  acceptMessages,
  freshTapped,
  givenGuest,
  givenOrder,
  givenPaid,
  paymentOf,
  payOnPhone,
  whenOrder,
} from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'
import { SHORT_MS } from '../../harness/patience.ts'
import { loseJobs } from '../../harness/snapshot.ts'
import { expectAhead, stopClock, timed } from '../../harness/time.ts'

/** The app's deps for a call that meets this fault: one that gets no answer times out soon. */
function depsMeeting(kind: FaultKind, { deps }: TestApp): Deps {
  return kind.startsWith('timeout') ? { ...deps, mini: { ...deps.mini, timeoutMs: SHORT_MS } } : deps
}

/** The ORDER_PAID message of a paid order, enqueued and not sent. */
async function givenEnqueued(app: TestApp, openid = 'o_guest'): Promise<Message> {
  const { payment } = await givenPaid(app, await givenOrder(app, { guest: await givenGuest(app, openid) }))
  await app.deps.db.message.deleteMany({ where: { kind: 'CHECK_IN', paymentSn: payment.sn } })
  return app.deps.db.message.findFirstOrThrow({ where: { paymentSn: payment.sn } })
}

function messageOf({ db }: Deps, id: string) {
  return db.message.findUniqueOrThrow({ where: { id } })
}

/** Lets the time of the next try come. */
function makeDue({ db }: Deps) {
  return db.$executeRaw`UPDATE message SET "nextTryAt" = now() - interval '10 seconds' WHERE status = 'PENDING'`
}

async function tryTimes(deps: Deps, { id }: Message, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await makeDue(deps)
    await deliverMessage(deps, { messageId: id })
  }
}

describe('the messages of a paid order', () => {
  test('sends each message of a paid order exactly once, with the entry code', async ({ app }) => {
    const { order, guest, params } = await freshTapped(app)
    await app.startWorkers()
    await payOnPhone(app, params)
    const { tradeCode } = await whenOrder(app.deps, order.sn, 'WAIT_USE')

    await expect.poll(() => app.deps.db.message.count({ where: { status: 'SENT' } })).toBe(2)

    const { orderPaid, checkIn } = app.sandbox.credentials.templates
    const received = app.sandbox.messages(guest.nickname)
    expect(received.map(({ templateId }) => templateId).toSorted()).toEqual([orderPaid, checkIn].toSorted())
    expect(JSON.stringify(received)).toContain(tradeCode)
  })

  test('sends a message once when eight workers deliver it at the same time', async ({ app }) => {
    const message = await givenEnqueued(app)
    const deliver = () => deliverMessage(app.deps, { messageId: message.id })

    // They wait for nothing: whoever finds the row locked leaves it.
    const ends = await Promise.allSettled(Array.from({ length: 8 }, deliver))

    expect(ends.every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(app.sandbox.messages()).toHaveLength(1)
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })

  test('sends a message though every job is deleted', async ({ app }) => {
    const message = await givenEnqueued(app)
    await loseJobs(app.deps)
    await makeDue(app.deps)

    await deliverDue(app.deps)

    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })

  test('does not send a message again that was sent', async ({ app }) => {
    const message = await givenEnqueued(app)
    await deliverMessage(app.deps, { messageId: message.id })

    await tryTimes(app.deps, message, 3)
    await deliverDue(app.deps)

    expect(app.sandbox.messages()).toHaveLength(1)
  })
})

describe('a message with the entry code', () => {
  test.for(['REFUNDED', 'EXPIRED'] as const)(
    'drops a message with the entry code when the order is %s by then',
    async (tradeState, { app }) => {
      const message = await givenEnqueued(app)
      await app.deps.db.homestayOrder.update({ where: { sn: message.orderSn }, data: { tradeState } })

      await deliverMessage(app.deps, { messageId: message.id })

      expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'DROPPED', tries: 0 })
      expect(app.sandbox.messages()).toEqual([])
    },
  )

  test('keeps a message with the entry code back while a refund is under way, and sends it when that is closed', async ({
    app,
  }) => {
    const message = await givenEnqueued(app)
    const { db } = app.deps
    await db.homestayOrder.update({ where: { sn: message.orderSn }, data: { tradeState: 'REFUNDING' } })
    await tryTimes(app.deps, message, 5)
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'PENDING', tries: 0 })

    await db.homestayOrder.update({ where: { sn: message.orderSn }, data: { tradeState: 'WAIT_USE' } })
    await db.payment.update({ where: { sn: message.paymentSn }, data: { heldAt: new Date() } })
    await tryTimes(app.deps, message, 1)
    expect(app.sandbox.messages()).toEqual([])

    // A manual refund, under an order that stays usable until it is known how much went back.
    const outRefundNo = await refundManually(app, message.paymentSn)
    const report = await queryRefund(app.deps.wechat, { outRefundNo })
    await db.payment.update({ where: { sn: message.paymentSn }, data: { heldAt: null } })
    await recordRefund(app.deps, { report: { ...report, status: 'PROCESSING' }, source: 'OPERATOR' })
    expect(await paymentOf(app.deps, message.paymentSn)).toMatchObject({ status: 'REFUNDING' })
    await tryTimes(app.deps, message, 1)
    expect(app.sandbox.messages()).toEqual([])

    await recordRefund(app.deps, { report: { ...report, status: 'CLOSED' }, source: 'OPERATOR' })
    await tryTimes(app.deps, message, 1)
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })
})

describe('a message', () => {
  const unknownOutcomes: FaultKind[] = [
    'timeout-after',
    'reset-after',
    'system-error-after',
    'service-unavailable',
    'timeout-before',
  ]
  test.for(unknownOutcomes)(
    'sends a message at most three times, and at least once if it can, after unknown outcomes (%s)',
    async (kind, { app }) => {
      const deps = depsMeeting(kind, app)
      const [once, always] = [await givenEnqueued(app), await givenEnqueued(app, 'o_second')]
      // Consents of other orders, which let what may have arrived arrive again.
      for (const openid of ['o_guest', 'o_second']) acceptMessages(app, openid, 2)
      app.sandbox.faults.add({ endpoint: 'subscribe-message', kind, match: 'o_guest', times: 1 })
      app.sandbox.faults.add({ endpoint: 'subscribe-message', kind, match: 'o_second' })

      await tryTimes(deps, once, 6)
      await tryTimes(deps, always, 6)

      const happens = kind.endsWith('-after')
      expect(app.sandbox.messages('o_guest')).toHaveLength(happens ? 2 : 1)
      expect(app.sandbox.messages('o_second')).toHaveLength(happens ? 3 : 0)
      expect(await messageOf(app.deps, once.id)).toMatchObject({ status: 'SENT', tries: 2 })
      expect(await messageOf(app.deps, always.id)).toMatchObject({ status: 'DROPPED', tries: 3 })
    },
  )

  test('sends a message once that arrived without our knowing it: its consent is used up', async ({ app }) => {
    const message = await givenEnqueued(app)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'reset-after', times: 1 })

    await tryTimes(app.deps, message, 3)

    expect(app.sandbox.messages()).toHaveLength(1)
    // Whether the first try or another message has used it, nobody knows: its guest may accept once more.
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'REFUSED', tries: 2 })
  })

  test('retries a message 15 s after an unknown outcome, and ten minutes after the next one', async ({ app }) => {
    const message = await givenEnqueued(app)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'reset-after' })

    for (const seconds of [15, 600]) {
      const span = await timed(app, () => tryTimes(app.deps, message, 1))
      expectAhead((await messageOf(app.deps, message.id)).nextTryAt, seconds, span)
    }
  })

  const mendable = [47003, 45168, 40037, 41030, 43107, 45009, 99999]
  test.for(mendable)(
    'keeps a message that WeChat refuses with %i, alerts once, and sends it when that is mended',
    async (errcode, { app }) => {
      const message = await givenEnqueued(app)
      const { deps, alarms } = withAlerts(app.deps)
      app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode, times: 5 })

      await tryTimes(deps, message, 5)
      expect(alarms).toEqual(['message'])
      const kept = { status: 'PENDING', tries: 0, note: expect.stringContaining(String(errcode)) }
      expect(await messageOf(deps, message.id)).toMatchObject(kept)

      await tryTimes(deps, message, 1)
      expect(await messageOf(deps, message.id)).toMatchObject({ status: 'SENT', tries: 1, note: null })
      expect(app.sandbox.messages()).toHaveLength(1)
    },
  )

  test('drops a message whose template was not mended within a day', async ({ app }) => {
    const message = await givenEnqueued(app)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode: 47003 })
    await tryTimes(app.deps, message, 1)
    await app.deps.db.$executeRaw`UPDATE message SET "createdAt" = now() - interval '25 hours'`

    await tryTimes(app.deps, message, 1)

    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'DROPPED', nextTryAt: null })
  })

  test('sends a message whose value broke the rule of its key once its template names another key', async ({ app }) => {
    const message = await givenEnqueued(app)
    const { deps, alarms } = withAlerts(app.deps)
    const withKeys = (keys: string[]): Deps => {
      const orderPaid = { id: app.sandbox.addTemplate(keys), keys }
      app.sandbox.consent({ openid: message.openid, accepted: [orderPaid.id] })
      const { config } = deps
      return { ...deps, config: { ...config, wechat: { ...config.wechat, templates: { orderPaid } } } }
    }

    await tryTimes(withKeys(['character_string6', 'phrase1', 'amount2', 'time4', 'time5']), message, 2)
    expect(await messageOf(deps, message.id)).toMatchObject({ status: 'PENDING', tries: 0 })
    expect(alarms).toEqual(['message'])

    await tryTimes(withKeys(['character_string6', 'thing1', 'amount2', 'time4', 'time5']), message, 1)
    expect(await messageOf(deps, message.id)).toMatchObject({ status: 'SENT' })
  })

  test('alerts and drops a message to an openid that WeChat does not know (40003)', async ({ app }) => {
    const message = await givenEnqueued(app)
    const { deps, alarms } = withAlerts(app.deps)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode: 40003, times: 1 })

    await tryTimes(deps, message, 3)

    expect(alarms).toEqual(['message'])
    expect(await messageOf(deps, message.id)).toMatchObject({ status: 'DROPPED', tries: 1 })
  })

  test.for([
    ['the quota of the minute', { kind: 'rate-limited' }],
    ['another message to the same guest', { kind: 'errcode', errcode: 43108 }],
  ] as const)('retries a message that %s keeps back until it is sent, once', async ([, fault], { app }) => {
    const message = await givenEnqueued(app)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', ...fault, times: 5 })

    await tryTimes(app.deps, message, 6)

    expect(app.sandbox.messages()).toHaveLength(1)
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })

  test('sends a message once when the access token expires before it', async ({ app }) => {
    const [first, second] = [await givenEnqueued(app), await givenEnqueued(app, 'o_second')]
    await deliverMessage(app.deps, { messageId: first.id })
    app.sandbox.revokeAccessTokens()

    await deliverMessage(app.deps, { messageId: second.id })

    expect(app.sandbox.messages('o_second')).toHaveLength(1)
    expect(await messageOf(app.deps, second.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })

  test('counts no try of a message while there is no access token to be had', async ({ app }) => {
    const { deps } = app
    const message = await givenEnqueued(app)
    app.sandbox.faults.add({ endpoint: 'stable-token', kind: 'reset-after', times: 2 })
    app.sandbox.faults.add({ endpoint: 'stable-token', kind: 'service-unavailable', times: 2 })

    await tryTimes(deps, message, 5)

    expect(app.sandbox.messages()).toHaveLength(1)
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT', tries: 1 })
  })

  test('logs skipped messages once when the worker starts, and not for every order', async ({ app }) => {
    const { config } = app.deps
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const templates = { ...config.wechat.templates, orderPaid: undefined }
    const deps: Deps = { ...app.deps, log, config: { ...config, wechat: { ...config.wechat, templates } } }

    logSkippedMessages(deps)
    for (const openid of ['o_first', 'o_second'])
      await deliverMessage(deps, { messageId: (await givenEnqueued(app, openid)).id })

    expect(lines).toEqual([expect.stringContaining('"skipped":["ORDER_PAID"]')])
  })

  test('drops a message without a template, and one that is a day old', async ({ app }) => {
    const message = await givenEnqueued(app)
    const { config } = app.deps
    const templates = { ...config.wechat.templates, orderPaid: undefined }
    const old = await givenEnqueued(app, 'o_second')
    await app.deps.db.$executeRaw`
      UPDATE message SET "createdAt" = now() - interval '25 hours' WHERE id = ${old.id}`

    await deliverMessage(
      { ...app.deps, config: { ...config, wechat: { ...config.wechat, templates } } },
      { messageId: message.id },
    )
    await deliverMessage(app.deps, { messageId: old.id })

    expect(app.sandbox.messages()).toEqual([])
    for (const { id } of [message, old]) expect(await messageOf(app.deps, id)).toMatchObject({ status: 'DROPPED' })
  })

  test('sends a young message though the clock of its process is a day ahead', async ({ app }) => {
    const message = await givenEnqueued(app)
    stopClock().forward(25 * 3_600)
    await deliverMessage(app.deps, { messageId: message.id })
    expect(await messageOf(app.deps, message.id)).toMatchObject({ status: 'SENT' })
  })
})
