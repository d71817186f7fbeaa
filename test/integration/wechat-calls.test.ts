import { Client } from 'pg'
import pino from 'pino'
import { openDatabase } from '../../src/infra/database.ts'
import { openMetrics } from '../../src/infra/metrics.ts'
import { createCallRecorder, deletePastCalls } from '../../src/infra/wechat-calls.ts'
import { queryAndSettle } from '../../src/payment/settlement/query.ts'
import type { KeptCall } from '../../src/wechat/watch.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { freshOrder, freshTapped, givenTapped, payOnPhone, whenPayment } from '../harness/fixtures.ts'
import { notify } from '../harness/forge.ts'
import { valueOf } from '../harness/metrics.ts'
import { amountOf, paidContent } from '../harness/reports.ts'

const aCall = (number: string): KeptCall => ({ number, endpoint: 'GET /x', status: 200, startedMs: 1, endedMs: 8 })

function callsAbout({ deps }: TestApp, number: string) {
  return deps.db.wechatCall.findMany({ where: { number }, orderBy: { id: 'asc' } })
}

/** A recorder that keeps so many at most in memory, with what it said and counted. */
function openRecorder({ deps }: TestApp, { maxQueued = 10, db = deps.db } = {}) {
  const lines: { msg: string; count: number }[] = []
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const metrics = openMetrics()
  const dropped = async () => (await metrics.wechatCallsDropped.get()).values[0]?.value
  return { ...createCallRecorder({ db, log, metrics, maxQueued }), lines, dropped }
}

describe('calls to WeChat', () => {
  test('are kept by number, each try with its answer, and a notice once it changes nothing', async ({ app }) => {
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'system-error', times: 1 })
    const tapped = await givenTapped(app, await freshOrder(app))
    await payOnPhone(app, tapped.params)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    await app.sandbox.sendNotice(tapped.payment.sn)

    await expect.poll(async () => (await callsAbout(app, tapped.payment.sn)).length).toBe(3)
    const id = expect.stringMatching(/^08[0-9A-F]{24}-\d+$/)
    expect(await callsAbout(app, tapped.payment.sn)).toMatchObject([
      { endpoint: 'POST /v3/pay/transactions/jsapi', status: 500, code: 'SYSTEM_ERROR', requestId: id },
      { endpoint: 'POST /v3/pay/transactions/jsapi', status: 200, code: null, requestId: id },
      { endpoint: 'notice TRANSACTION.SUCCESS', status: 204, code: null },
    ])
    const notices = await app.deps.metrics.notices.get()
    expect(notices.values).toMatchObject([{ labels: { status: 204 }, value: 2 }])
  })

  test('keep the trade_state that a query was answered with, also one that nobody knows', async ({ app }) => {
    const { payment } = await givenTapped(app, await freshOrder(app))
    const query = () => queryAndSettle(app.deps, { attempt: payment, source: 'QUERY' })
    await query()
    const order = app.sandbox.ledger.orders.get(payment.sn)
    if (!order) throw new Error(`WeChat must know ${payment.sn}`)
    app.sandbox.ledger.commit(['orders', { ...order, state: 'FROZEN' as typeof order.state }])
    await query()

    const ofQueries = { number: payment.sn, endpoint: 'GET /v3/pay/transactions/out-trade-no/*' }
    const codes = async () =>
      (await app.deps.db.wechatCall.findMany({ where: ofQueries, orderBy: { id: 'asc' } })).map(({ code }) => code)
    await expect.poll(codes).toEqual(['NOTPAY', 'FROZEN'])
    const answered = { endpoint: ofQueries.endpoint, code: 'ok' }
    expect(await valueOf(app.deps.metrics, 'looklook_wechat_call_duration_seconds_count', answered)).toBe(2)
  })

  test('include a notice that is not committed, and one of a kind that we do not handle', async ({ app }) => {
    const { payment } = await freshTapped(app)
    await app.deps.db.$executeRaw`ALTER TABLE payment RENAME TO unreachable`
    expect(await notify(app, paidContent(payment))).toBe(500)
    await app.deps.db.$executeRaw`ALTER TABLE unreachable RENAME TO payment`
    expect(await notify(app, {}, { eventType: 'COMPLAINT.CREATE' })).toBe(204)

    const isNotice = { endpoint: { startsWith: 'notice ' } }
    await expect.poll(() => app.deps.db.wechatCall.count({ where: isNotice })).toBe(2)
    const kept = await app.deps.db.wechatCall.findMany({ where: isNotice, orderBy: { at: 'asc' } })
    expect(kept).toMatchObject([
      { number: payment.sn, endpoint: 'notice TRANSACTION.SUCCESS', status: 500 },
      { endpoint: 'notice COMPLAINT.CREATE', status: 204 },
    ])
  })

  test('include no notice whose mismatch is stored, but its repeat', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const wrong = paidContent(payment, { amount: amountOf(1) })
    await notify(app, wrong)
    await notify(app, wrong)

    const ofPayment = { number: payment.sn, endpoint: 'notice TRANSACTION.SUCCESS' }
    await expect.poll(() => app.deps.db.wechatCall.count({ where: ofPayment })).toBe(1)
    expect(await app.deps.db.paymentMismatch.findMany({ where: { paymentSn: payment.sn } })).toMatchObject([
      { source: 'NOTICE' },
    ])
  })

  test('name no person, no secret and no number but what they are about', async ({ app }) => {
    const tapped = await givenTapped(app, await freshOrder(app))
    await expect.poll(async () => (await callsAbout(app, tapped.payment.sn)).length).toBeGreaterThan(0)

    const { openid, mchid, appid } = tapped.payment
    const kept = JSON.stringify(await app.deps.db.wechatCall.findMany({ omit: { id: true, number: true } }))
    for (const hidden of [openid, mchid, appid, tapped.payment.sn, 'authorization']) expect(kept).not.toContain(hidden)
  })

  test('are dropped with a count and a line while too many wait, and the others are written', async ({ app }) => {
    const holder = new Client({ connectionString: app.databaseUrl })
    await holder.connect()
    await holder.query('BEGIN; LOCK TABLE wechat_call IN ACCESS EXCLUSIVE MODE')
    const recorder = openRecorder(app)
    for (let n = 0; n < 15; n++) recorder.record(aCall('PA-many'))
    expect(await recorder.dropped()).toBe(5)
    expect(recorder.lines).toMatchObject([{ msg: expect.stringContaining('not kept'), count: 1 }])

    await holder.query('ROLLBACK')
    await holder.end()
    await recorder.stop()
    expect(await callsAbout(app, 'PA-many')).toHaveLength(10)
    expect((await callsAbout(app, 'PA-many'))[0]).toMatchObject({ durationMs: 7 })
  })

  test('are dropped while the database is away, and nobody who records them hears of it', async ({ app }) => {
    const db = openDatabase('postgresql://nobody@127.0.0.1:1/none', { poolSize: 1 })
    const recorder = openRecorder(app, { db })
    recorder.record(aCall('PA-away'))
    await recorder.stop()
    await db.$disconnect()

    expect(await recorder.dropped()).toBe(1)
    expect(recorder.lines).toMatchObject([{ msg: expect.stringContaining('not kept'), count: 1 }])
  })

  test('are deleted after 90 days', async ({ app }) => {
    await app.deps.db.$executeRaw`
      INSERT INTO wechat_call (number, at, endpoint, "durationMs")
      VALUES ('PA-old', now() - interval '91 days', 'GET /x', 1), ('PA-new', now() - interval '89 days', 'GET /x', 1)`

    expect(await deletePastCalls(app.deps)).toBe(false)

    expect(await callsAbout(app, 'PA-old')).toEqual([])
    expect(await callsAbout(app, 'PA-new')).toHaveLength(1)
  })
})
