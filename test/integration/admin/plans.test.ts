import { Client } from 'pg'
import { WebhookDeliveryStatus } from '../../../prisma/client/enums.ts'
import { listMissingDays, listOpenDifferences } from '../../../src/bill/list.ts'
import { listDeadLetters } from '../../../src/infra/dead-letters.ts'
import { listOrders, listStuckOrders } from '../../../src/order/list.ts'
import { listHeld, listStuckRefunds } from '../../../src/payment/refund/stuck.ts'
import { listMismatches } from '../../../src/payment/review/list.ts'
import { findMatches } from '../../../src/timeline/find.ts'
import { readTimeline } from '../../../src/timeline/read.ts'
import { listDeliveries } from '../../../src/webhook/list.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { fillPayments } from '../../harness/fill.ts'
import { openRecordedDatabase, type Scan } from '../../harness/recorded-plans.ts'

const PAYMENTS = 20_000

/** What one statement may read: what belongs to one order, and little beside it. */
const MOST_ROWS = 100

/** As the commands have it. */
const LIMIT = { limit: 100 }

/** Read as a whole: endpoints are 50 at the most, ended jobs are deleted after an hour, and a year has 365 days. */
const SMALL = ['bill_day', 'webhook_endpoint', 'job', 'job_common', 'job_dead_letters']

const PAST = [
  `INSERT INTO wechat_call (number, at, endpoint, status, "durationMs")
    SELECT sn, "createdAt", 'POST /v3/pay/transactions/jsapi', 200, 80 FROM payment`,
  `INSERT INTO operator_act (id, operator, action, number) SELECT sn, 'Li Lei', 'refunds retry', sn FROM payment`,
  `INSERT INTO payment_mismatch (subject, number, "transactionId", kind, source, content, "resolvedAt", resolution)
    SELECT 'MONEY', 'other' || n, 'other' || n, 'UNKNOWN', 'NOTICE', '{}', now(), 'DISMISSED'
    FROM generate_series(1, ${PAYMENTS / 10}) n`,
  `INSERT INTO bill_difference ("billOn", kind, number, class, "outTradeNo", outcome)
    SELECT '2026-01-01', 'PAYMENT', 'other' || n, 'AMOUNT', '', 'RESOLVED' FROM generate_series(1, ${PAYMENTS / 10}) n`,
  `INSERT INTO webhook_endpoint (id, url, "eventTypes", secret)
    SELECT 'we_' || n, 'http://127.0.0.1:1/', '{}', 'whsec_AAAA' FROM generate_series(1, 3) n`,
  `INSERT INTO webhook_delivery ("endpointId", "paymentSn", version, status, "endedAt", "createdAt")
    SELECT 'we_' || n % 3 + 1, sn, 1, 'DELIVERED', now(), now() - n * interval '1 s' FROM (SELECT sn, row_number() OVER () n FROM payment) p`,
]

async function fill({ databaseUrl }: TestApp): Promise<void> {
  const sql = new Client({ connectionString: databaseUrl })
  // Where the test fails, its database is dropped before.
  sql.on('error', () => {})
  await sql.connect()
  await fillPayments(sql, PAYMENTS)
  await sql.query(['BEGIN', 'SET LOCAL session_replication_role = replica', ...PAST, 'COMMIT'].join('; '))
  await sql.query('VACUUM ANALYZE')
  await sql.end()
}

function describeScan({ reads, rows, sql }: Scan): string {
  return `${rows} rows of ${reads}: ${sql.replace(/\s+/g, ' ').trim()}`
}

describe(`beside ${PAYMENTS} payments`, () => {
  test.override({ isDeployed: true })

  test('everything of a timeline is found by an index, whatever number it is asked for by, and what an endpoint was sent', async ({
    app,
  }) => {
    await fill(app)
    const { sn, orderSn, transactionId } = await app.deps.db.payment.findFirstOrThrow({ where: { status: 'REFUNDED' } })
    const { outRefundNo } = await app.deps.db.refund.findFirstOrThrow({ where: { paymentSn: sn } })
    for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
      const { db, scans } = openRecordedDatabase(app.databaseUrl, mode)
      for (const number of [sn, orderSn, transactionId ?? '', outRefundNo, 'other1']) await readTimeline(db, number)
      await findMatches(db, '1234')
      for (const status of [undefined, ...Object.values(WebhookDeliveryStatus)])
        await listDeliveries(db, 'we_1', { status, limit: 50 })
      await db.$disconnect()

      expect(scans.length, mode).toBeGreaterThan(50)
      const asked = scans.filter(({ reads }) => !SMALL.includes(reads))
      expect(asked.filter(({ isSequential }) => isSequential).map(describeScan), mode).toEqual([])
      expect(asked.filter(({ rows }) => rows > MOST_ROWS).map(describeScan), mode).toEqual([])
    }
  })

  test('what waits for a person is found by an index', async ({ app }) => {
    await fill(app)
    for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
      const { db, scans } = openRecordedDatabase(app.databaseUrl, mode)
      await listMismatches(db, LIMIT)
      await listStuckRefunds(db, LIMIT)
      await listHeld(db, LIMIT)
      await listDeadLetters(db, LIMIT)
      await listOrders(db, LIMIT)
      await listStuckOrders(db, { ...LIMIT, uploadsShipping: true })
      await listOpenDifferences(db, LIMIT)
      await listMissingDays(db)
      await db.$disconnect()

      expect(scans.length, mode).toBeGreaterThanOrEqual(6)
      const asked = scans.filter(({ reads }) => !SMALL.includes(reads))
      expect(asked.filter(({ isSequential }) => isSequential).map(describeScan), mode).toEqual([])
      expect(asked.filter(({ rows }) => rows > MOST_ROWS).map(describeScan), mode).toEqual([])
    }
  })
})
