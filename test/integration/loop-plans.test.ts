import { Client } from 'pg'
import { startWorkers } from '../../src/background.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { fillPayments } from '../harness/fill.ts'
import { openRecordedDatabase, type PlanMode, type Scan } from '../harness/recorded-plans.ts'

const PAYMENTS = 100_000

/** Of each kind of work, so many rows are due. */
const DUE = 40

/** What one statement may read of a table or an index: a batch of those that are due, and of what belongs to them. */
const MOST_ROWS = 1_000

/** Tables that stay small, however many payments there are. */
const SMALL = [
  'event_stream',
  'event_stream_pkey',
  'payment_listener',
  'webhook_endpoint',
  'webhook_endpoint_pkey',
  'worker',
  'wechat_binding',
  'shared_rate',
  'access_token',
  'queue',
]

/** Each finds the work of a loop; a loop that isn't recorded would be missed here. */
const INDEXES_OF_LOOPS = [
  'homestay_order_due_close',
  'homestay_order_due_expiry',
  'homestay_order_due_shipping',
  'message_due',
  'payment_due_apply',
  'payment_due_publish',
  'payment_due_recheck',
  'payment_due_recheck_closed',
  'payment_due_relay',
  'payment_due_stream',
  'payment_mismatch_open',
  'payment_waiting_for_operator',
  'refund_due_advance',
  'session_ended',
  'webhook_delivery_due',
  'webhook_delivery_in_flight',
  'webhook_delivery_past',
  'wechat_call_at_idx',
]

/** SQL: the numbers of `DUE` payments in this state, of the filled ones. */
function some(status: string, offset = 0): string {
  return `(SELECT sn FROM payment WHERE status = '${status}' ORDER BY sn OFFSET ${offset} LIMIT ${DUE})`
}

/** SQL: the orders of those. */
function ordersOf(payments: string): string {
  return `(SELECT "orderSn" FROM payment WHERE sn IN ${payments})`
}

const PENDING = some('CLOSED')
const UNDER_REVIEW = some('SUCCESS', 4 * DUE)
const REFUNDING = some('REFUNDED')

/** What is done and resolved, in tables that `fillPayments` doesn't fill. */
const PAST = [
  `INSERT INTO payment_mismatch (subject, number, kind, source, content, "resolvedAt", resolution)
    SELECT 'NOTICE', n::text, 'EVENT_TYPE', 'NOTICE', '{}', now(), 'DISMISSED' FROM generate_series(1, ${PAYMENTS / 10}) n`,
  `INSERT INTO pgboss.job (name, data, state, completed_on, created_on)
    SELECT name, jsonb_build_object('paymentSn', 'P' || n, 'orderSn', 'O' || n), 'completed', now(), now() - interval '1 h'
    FROM generate_series(1, ${PAYMENTS / 5}) n, unnest(ARRAY['payment-changed', 'upload-shipping']) name`,
  // Nobody answers there, and no try ends before the loops do.
  `INSERT INTO webhook_endpoint (id, url, "eventTypes", secret)
    SELECT 'we_' || n, 'http://127.0.0.1:1/', '{}', 'whsec_AAAA' FROM generate_series(1, 3) n`,
  `INSERT INTO webhook_delivery ("endpointId", "paymentSn", version, status, "endedAt")
    SELECT 'we_' || n % 3 + 1, sn, 1, 'DELIVERED', now() FROM (SELECT sn, row_number() OVER () n FROM payment) p`,
  `INSERT INTO wechat_call (number, at, endpoint, status, "durationMs")
    SELECT sn, "createdAt", 'POST /v3/pay/transactions/jsapi', 200, 80 FROM payment`,
  `INSERT INTO bill_day ("billOn", status, "doneAt") SELECT '2010-01-01'::date + n, 'DONE', now() FROM generate_series(1, 4000) n`,
  `INSERT INTO bill_difference ("billOn", kind, number, class, "outTradeNo", outcome)
    SELECT '2010-01-01', 'PAYMENT', sn, 'ONLY_WECHAT', sn, 'SETTLED' FROM payment LIMIT ${PAYMENTS / 10}`,
]

/** Work for every loop. */
const WORK = [
  // Closing, and rechecks of what is pending.
  `UPDATE homestay_order SET "tradeState" = 'WAIT_PAY', "liveStartDate" = "liveStartDate" - 2000,
    "liveEndDate" = "liveEndDate" - 2000 WHERE sn IN ${ordersOf(PENDING)}`,
  `UPDATE payment SET status = 'PENDING', "closedAt" = NULL, "tradeState" = NULL, "nextRecheckAt" = now(),
    "lastQueriedAt" = NULL WHERE sn IN ${PENDING}`,
  `UPDATE payment SET "nextRecheckAt" = now(), "lastQueriedAt" = NULL WHERE sn IN ${some('CLOSED')}`,
  // The relay: new, and stalled for an hour; whose application is due.
  `UPDATE payment SET "queuedVersion" = 1, "appliedVersion" = 1 WHERE sn IN ${some('SUCCESS')}`,
  `UPDATE payment SET "queuedAt" = now() - interval '2 h', "appliedVersion" = 1 WHERE sn IN ${some('SUCCESS', DUE)}`,
  // A backlog of the relay, of which one run takes a batch.
  `UPDATE payment SET "queuedVersion" = 1 WHERE sn IN (
    SELECT sn FROM payment WHERE status = 'SUCCESS' ORDER BY sn DESC LIMIT ${2 * MOST_ROWS})`,
  // A backlog of events, of which one run publishes a batch.
  `INSERT INTO payment_listener (job) VALUES ('payment-changed') ON CONFLICT DO NOTHING`,
  `UPDATE payment SET "publishedVersion" = 0 WHERE sn IN (
    SELECT sn FROM payment ORDER BY sn DESC LIMIT ${2 * MOST_ROWS})`,
  `UPDATE payment SET "streamedVersion" = 1 WHERE sn IN ${some('SUCCESS', 7 * DUE)}`,
  // Webhooks: due, in flight, and long past.
  `UPDATE webhook_delivery SET status = 'PENDING', "endedAt" = NULL WHERE "paymentSn" IN ${some('CLOSED', DUE)}`,
  `UPDATE webhook_delivery SET "claimedUntil" = now() + interval '1 h' WHERE "endpointId" = 'we_1' AND "paymentSn" IN ${some('SUCCESS')}`,
  `UPDATE webhook_delivery SET "endedAt" = now() - interval '40 days' WHERE "paymentSn" IN ${some('SUCCESS', 6 * DUE)}`,
  // Refunds that haven't ended.
  `UPDATE refund SET status = 'PROCESSING', "endedAt" = NULL, "nextAdvanceAt" = now() WHERE "paymentSn" IN ${REFUNDING}`,
  `UPDATE payment SET status = 'REFUNDING', "refundedTotal" = 0 WHERE sn IN ${REFUNDING}`,
  // Expiry, shipping, messages, sessions.
  `UPDATE homestay_order SET "liveStartDate" = "liveStartDate" - 4000, "liveEndDate" = "liveEndDate" - 4000
    WHERE sn IN (SELECT sn FROM homestay_order WHERE "tradeState" = 'WAIT_USE' LIMIT ${DUE})`,
  ...['USED', 'EXPIRED'].map(
    (state) => `UPDATE homestay_order SET "shippedAt" = NULL WHERE sn IN (
      SELECT sn FROM homestay_order WHERE "tradeState" = '${state}' ORDER BY sn DESC LIMIT ${DUE})`,
  ),
  `UPDATE message SET status = 'PENDING', "nextTryAt" = now() - interval '1 min' WHERE "paymentSn" IN ${some('SUCCESS', 2 * DUE)}`,
  `UPDATE wechat_call SET at = now() - interval '91 days' WHERE number IN ${some('SUCCESS')}`,
  `UPDATE session SET "expiresAt" = now() - interval '3 days' WHERE id IN (SELECT id FROM session LIMIT ${DUE})`,
  // Reviews, on hold, decisions.
  `INSERT INTO payment_mismatch ("paymentSn", subject, number, "transactionId", kind, source, content)
    SELECT sn, 'MONEY', sn, 'other', 'OTHER_TRANSACTION', 'NOTICE', '{}' FROM payment WHERE sn IN ${UNDER_REVIEW}
    ON CONFLICT DO NOTHING`,
  `UPDATE payment SET "underReviewAt" = now() - interval '2 h' WHERE sn IN ${UNDER_REVIEW}`,
  `UPDATE payment SET "heldAt" = now() - interval '2 h' WHERE sn IN ${some('SUCCESS', 5 * DUE)}`,
]

function atOnce(statements: string[]): string {
  return ['BEGIN', 'SET LOCAL session_replication_role = replica', ...statements, 'COMMIT'].join('; ')
}

/** The scans of every loop's statements, each with work to do, when they are planned in this mode. */
async function recordLoops(app: TestApp, sql: Client, mode: PlanMode): Promise<Scan[]> {
  await sql.query(atOnce(WORK))
  await sql.query('VACUUM ANALYZE')
  const { db, scans } = openRecordedDatabase(app.databaseUrl, mode)
  // Every loop begins with a run, and a stop waits for its end.
  // Nobody answers there.
  const config = { ...app.deps.config, kafka: { brokers: ['127.0.0.1:1'], topic: 'events' } }
  const workers = await startWorkers({ ...app.deps, config, db, settleDb: db })
  await workers.stop()
  await db.$disconnect()
  return scans
}

function describeScan({ reads, rows, sql }: Scan): string {
  return `${rows} rows of ${reads}: ${sql.replace(/\s+/g, ' ').trim()}`
}

describe('beside 100,000 payments', () => {
  test.override({ isDeployed: true, env: { ORDER_UPLOAD_SHIPPING: 'true' } })

  test('every statement of every loop is answered by an index, and reads no more than what is due', async ({ app }) => {
    const sql = new Client({ connectionString: app.databaseUrl })
    // Where the test fails, its database is dropped before.
    sql.on('error', () => {})
    await sql.connect()
    await fillPayments(sql, PAYMENTS)
    await sql.query(atOnce(PAST))

    for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
      const scans = await recordLoops(app, sql, mode)

      const sequential = scans.filter(({ reads, isSequential }) => isSequential && !SMALL.includes(reads))
      expect(sequential.map(describeScan), mode).toEqual([])
      expect(scans.filter(({ rows }) => rows > MOST_ROWS).map(describeScan), mode).toEqual([])
      expect([...new Set(scans.map(({ reads }) => reads))], mode).toEqual(expect.arrayContaining(INDEXES_OF_LOOPS))
    }
    await sql.end()
  })

  test('a statement without an index is recorded as such', async ({ app }) => {
    await app.deps.db.user.create({ data: { nickname: '客人' } })
    const { db, scans } = openRecordedDatabase(app.databaseUrl, 'force_generic_plan')
    await db.user.findMany({ where: { nickname: '房东' } })
    await db.$disconnect()
    expect(scans).toMatchObject([{ reads: 'user', isSequential: true, rows: 1 }])
  })
})
