import { Prisma } from '../../prisma/client/client.ts'
import { DEAD_LETTERS } from '../../src/infra/queue.ts'
import { measureJobs } from '../../src/infra/queue-backlog.ts'
import { paymentChanged, uploadShipping } from '../../src/jobs.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import type { WxPayParams } from '../../src/payment/attempt/open.ts'
import { measurePayments } from '../../src/payment/backlog.ts'
import { createLivePayments } from '../../src/payment/live/live-payments.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { startListening } from '../../src/payment/outbox/listen.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import {
  acceptMessages,
  freshTapped,
  givenOrder,
  givenPaid,
  givenTapped,
  payOnPhone,
  whenOrder,
} from '../harness/fixtures.ts'
import { test as graphqlTest } from '../harness/graphql.ts'
import { openSocket, subscribe } from '../harness/graphql-client.ts'
import { valueOf } from '../harness/metrics.ts'
import { paidReport } from '../harness/reports.ts'
import { move } from './graphql/move.ts'

const PAY = `mutation ($orderSn: ID!) {
  wxPay(input: { orderSn: $orderSn }) {
    ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign } ... on Error { code }
  }
}`
const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status version } }`

/** Reads the metrics of an app. */
const readerOf =
  ({ deps }: TestApp) =>
  (name: string, labels?: Record<string, string>) =>
    valueOf(deps.metrics, `looklook_${name}`, labels)

describe('a purchase', () => {
  const deployed = graphqlTest.extend({ isDeployed: true })

  deployed('is counted at each of its steps', async ({ app, graphql }) => {
    const value = readerOf(app)
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)
    const { paymentSn, ...phone } = await client.mutate<WxPayParams>(PAY, { orderSn: order.sn })
    const socket = openSocket(graphql.url, client.accessToken)
    const { received } = subscribe(socket, WATCH, { sn: paymentSn })
    await expect.poll(() => received.length).toBe(1)
    acceptMessages(app, 'o_guest')
    await app.startWorkers()
    await payOnPhone(app, { paymentSn, ...phone })
    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    await expect.poll(() => received.length).toBe(2)
    await client.mutate(PAY, { orderSn: order.sn })

    expect(await value('payment_transitions_total', { from: 'NONE', to: 'PENDING', source: 'WX_PAY' })).toBe(1)
    expect(await value('payment_transitions_total', { from: 'PENDING', to: 'SUCCESS' })).toBe(1)
    expect(await value('tap_to_paid_seconds_count')).toBe(1)
    expect(await value('notice_to_push_seconds_count')).toBe(1)
    expect(await value('operations_total', { operation: 'wxPay', outcome: 'ok' })).toBe(1)
    expect(await value('operations_total', { operation: 'wxPay', outcome: 'ORDER_ALREADY_PAID' })).toBe(1)
    expect(await value('operations_total', { operation: 'paymentStatusChanged', outcome: 'ok' })).toBe(1)
    const prepay = { endpoint: 'POST /v3/pay/transactions/jsapi', code: 'ok' }
    expect(await value('wechat_call_duration_seconds_count', prepay)).toBe(1)
    await expect.poll(() => value('apply_lag_seconds_count')).toBe(1)
    await expect.poll(() => value('notice_verdicts_total', { kind: 'transaction' })).toBeGreaterThan(0)
    await expect.poll(() => value('messages_total', { kind: 'ORDER_PAID', outcome: 'sent' })).toBe(1)
    await expect.poll(() => value('loop_runs_total', { loop: 'backlog', outcome: 'ok' })).toBeGreaterThan(0)
    await socket.dispose()
  })
})

describe('payments', () => {
  test('are counted by what brought a change, once it is committed', async ({ app }) => {
    const value = readerOf(app)
    const { payment } = await freshTapped(app)
    await settle(app.deps, { transaction: paidReport(payment), source: 'QUERY' })
    await settle(app.deps, { transaction: paidReport(payment), source: 'QUERY' })
    expect(await value('payment_transitions_total', { to: 'SUCCESS', source: 'QUERY' })).toBe(1)

    const { guest, order } = await givenPaid(app)
    await refundHomestayOrder(app.deps, { sn: order.sn, userId: guest.id })
    expect(await value('payment_transitions_total', { from: 'SUCCESS', to: 'REFUNDING' })).toBe(1)
    await expect(refundHomestayOrder(app.deps, { sn: 'none', userId: guest.id })).rejects.toThrow()
    expect(await value('payment_transitions_total', { to: 'REFUNDING' })).toBe(1)
  })

  test('that wait are measured, and no longer once they don’t', async ({ app }) => {
    const value = readerOf(app)
    await app.deps.db.$transaction((tx) => startListening(tx, uploadShipping))
    const { payment } = await freshTapped(app)
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    await measurePayments(app.deps)
    expect(await value('unapplied_payments')).toBe(1)
    expect(await value('oldest_unapplied_seconds')).toBeGreaterThan(0)
    expect(await value('events_waiting', { step: 'publish' })).toBe(1)
    expect(await value('oldest_event_seconds', { step: 'publish' })).toBeGreaterThan(0)

    await applyToOrder(app.deps, { paymentSn: payment.sn })
    const { guest, order } = await givenPaid(app)
    await refundHomestayOrder(app.deps, { sn: order.sn, userId: guest.id })
    await applyToOrder(app.deps, { paymentSn: order.paidBySn ?? '' })
    await measurePayments(app.deps)
    expect(await value('unapplied_payments')).toBe(0)
    expect(await value('oldest_unapplied_seconds')).toBe(0)
    expect(await value('open_refunds', { status: 'REQUESTED' })).toBe(1)
    expect(await value('oldest_open_refund_seconds', { status: 'REQUESTED' })).toBeGreaterThan(0)
  })

  test('whose refund is ABNORMAL are measured among any number whose refunds are under way', async ({ app }) => {
    const value = readerOf(app)
    const { guest, order } = await givenPaid(app)
    await refundHomestayOrder(app.deps, { sn: order.sn, userId: guest.id })
    const { db } = app.deps
    await db.$transaction([
      db.$executeRaw`SET LOCAL session_replication_role = replica`,
      db.$executeRaw`
        INSERT INTO refund SELECT (jsonb_populate_record(r, jsonb_build_object('outRefundNo', 'RE-copy-' || n,
          'status', CASE WHEN n > 1500 THEN 'ABNORMAL' ELSE 'PROCESSING' END,
          'createdAt', r."createdAt" - make_interval(hours => n / 1500), 'nextAdvanceAt', r."nextAdvanceAt" + make_interval(secs => n)))).*
        FROM refund r, generate_series(1, 1501) n`,
    ])
    await measurePayments(app.deps)
    expect(await value('open_refunds', { status: 'PROCESSING' })).toBe(1_500)
    expect(await value('open_refunds', { status: 'ABNORMAL' })).toBe(1)
    expect(await value('oldest_open_refund_seconds', { status: 'ABNORMAL' })).toBeGreaterThanOrEqual(3_600)
  })

  test('are counted where a state is replaced before its client has read it', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps)
    const [slow, quick] = [payment, payment].map((present) => live.watch(payment.sn, () => () => {}, present))
    await Promise.all([slow?.next(), quick?.next()])
    await move(app.deps, payment, 'CLOSED')
    // Both are shown it together, and one doesn't read it.
    expect((await quick?.next())?.value).toMatchObject({ status: 'CLOSED' })
    await move(app.deps, payment, 'SUCCESS')
    await expect.poll(() => readerOf(app)('states_dropped_total')).toBe(1)
    expect((await slow?.next())?.value).toMatchObject({ status: 'SUCCESS' })
    live.close()
  })
})

describe('a process', () => {
  const deployed = test.extend({ isDeployed: true })

  deployed('measures its queues, and what is dead', async ({ app }) => {
    const value = readerOf(app)
    const { db, queue } = app.deps
    const queueOf = { queue: uploadShipping.name }
    await queue.insert(uploadShipping.name, [{ data: { orderSn: 'HO1' } }, { data: { orderSn: 'HO2' } }])
    await db.$executeRaw`UPDATE pgboss.job SET created_on = now() - interval '1 h' WHERE data->>'orderSn' = 'HO1'`
    await queue.insert(DEAD_LETTERS, [{ data: {} }])
    await db.$executeRaw(
      Prisma.sql`UPDATE pgboss.job SET source_name = ${uploadShipping.name} WHERE name = ${DEAD_LETTERS}`,
    )
    await measureJobs(app.deps)
    expect(await value('jobs_waiting', queueOf)).toBe(2)
    expect(await value('oldest_job_seconds', queueOf)).toBeGreaterThanOrEqual(3_600)
    expect(await value('dead_letters', queueOf)).toBe(1)

    await db.$executeRaw`DELETE FROM pgboss.job`
    await measureJobs(app.deps)
    expect(await value('jobs_waiting', queueOf)).toBe(0)
    expect(await value('oldest_job_seconds', queueOf)).toBe(0)
    expect(await value('dead_letters', queueOf)).toBe(0)
  })

  deployed('measures the dead letters of each job, however many another has', async ({ app }) => {
    const value = readerOf(app)
    await app.deps.db.$executeRaw`
      INSERT INTO pgboss.job (name, data, source_name, created_on)
      SELECT ${DEAD_LETTERS}, '{}'::jsonb, ${paymentChanged.name}, now() - interval '1 h' FROM generate_series(1, 1500)
      UNION ALL SELECT ${DEAD_LETTERS}, '{}'::jsonb, ${uploadShipping.name}, now()`
    await measureJobs(app.deps)
    expect(await value('dead_letters', { queue: paymentChanged.name })).toBe(1_500)
    expect(await value('dead_letters', { queue: uploadShipping.name })).toBe(1)
  })

  deployed('measures its connections to the database', async ({ app }) => {
    const value = readerOf(app)
    await app.deps.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1`
      expect(await value('pool_connections', { pool: 'reads', state: 'busy' })).toBe(1)
    })
    await expect.poll(() => value('pool_connections', { pool: 'reads', state: 'busy' })).toBe(0)
    expect(await value('pool_connections', { pool: 'reads', state: 'idle' })).toBeGreaterThan(0)
    const pools = ['reads', 'mutations', 'sessions', 'notices', 'jobs', 'calls', 'queue']
    expect([...app.deps.metrics.pools.keys()]).toEqual(pools)
    expect(await value('pool_waiting')).toBe(0)
  })
})
