import { Pool } from 'pg'
import pino from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, migrationNames, readMigrations } from '../../../src/infra/migrate.ts'
import { applyMigrations } from '../../../src/infra/schema-engine.ts'
import { planDatabase } from '../../harness/empty-database.ts'

const RENAMING = '20261126140000_rooms_and_words'

const PAYMENT = `"serviceType", "orderSn", "userId", mchid, appid, openid, "notifyUrl", "payTotal", "prepayBody"`
const SAME = `'HOMESTAY_ORDER', sn, 'guest', '1900000001', 'wx1', 'o_guest', 'https://example.com/n', 1000, '{}'`

/** A row in every state that the tables knew before, each named by its number. */
const OLD_ROWS = `
  INSERT INTO "user" (id, nickname) VALUES ('guest', 'Guest');
  INSERT INTO payment (sn, status, "transactionId", "paidTotal", "paidAt", "closedAt", "disputedAt", "heldAt", "nextAskAt",
      "lastAskedAt", "queuedVersion", "appliedVersion", version, ${PAYMENT})
    SELECT sn, status::"PayStatus", paid, CASE WHEN paid IS NOT NULL THEN 1000 END, CASE WHEN paid IS NOT NULL THEN now() END,
      closed::timestamptz, disputed::timestamptz, held::timestamptz, due::timestamptz, due::timestamptz, 0, 0, 1, ${SAME}
    FROM (VALUES
      ('PAPENDING',   'PENDING', NULL,  NULL,         NULL,         NULL,         '2026-01-01'),
      ('PADISPUTED',  'PENDING', NULL,  NULL,         '2026-01-02', NULL,         '2026-01-01'),
      ('PACLOSED',    'CLOSED',  NULL,  '2026-01-03', NULL,         NULL,         '2026-01-01'),
      ('PALATE',      'SUCCESS', 'T1',  '2026-01-03', NULL,         NULL,         NULL),
      ('PASUCCESS',   'SUCCESS', 'T2',  NULL,         NULL,         NULL,         NULL),
      ('PAHELD',      'SUCCESS', 'T3',  NULL,         NULL,         '2026-01-04', NULL)
    ) AS old(sn, status, paid, closed, disputed, held, due);
  INSERT INTO payment (sn, status, "transactionId", "paidTotal", "paidAt", "refundedTotal", ${PAYMENT})
    SELECT sn, status::"PayStatus", sn, 1000, now(), refunded, ${SAME}
    FROM (VALUES ('PAREFUNDING', 'REFUNDING', 300), ('PAREFUNDED', 'REFUNDED', 1000)) AS old(sn, status, refunded);
  INSERT INTO refund ("outRefundNo", "paymentSn", cause, status, "refundTotal", body, "nextAskAt", "askCount", "endedAt")
    SELECT sn, payment, cause::"RefundCause", status::"RefundStatus", fen, '{}', due::timestamptz, asked, ended::timestamptz
    FROM (VALUES
      ('REGUEST',    'PAREFUNDING', 'GUEST',    'REQUESTED',  700,  '2026-01-05', 0, NULL),
      ('REBYHAND',   'PAREFUNDING', 'BY_HAND',  'SUCCESS',    300,  NULL,         3, '2026-01-06'),
      ('REUNKEPT',   'PAREFUNDED',  'UNKEPT',   'SUCCESS',    1000, NULL,         2, '2026-01-06'),
      ('REOPERATOR', 'PAREFUNDING', 'OPERATOR', 'CLOSED',     700,  NULL,         1, '2026-01-06'),
      ('REWAITS',    'PAREFUNDING', 'GUEST',    'PROCESSING', 1,    '2026-01-05', 1, NULL),
      ('REABNORMAL', 'PAREFUNDING', 'GUEST',    'ABNORMAL',   1,    '2026-01-05', 1, NULL)
    ) AS old(sn, payment, cause, status, fen, due, asked, ended);
  INSERT INTO payment_event ("paymentSn", version, "toStatus", source, detail)
    VALUES ('PADISPUTED', 1, 'PENDING', 'NOTICE', '{"misfit": "AMOUNT"}');
  INSERT INTO payment_misfit (number, "paymentSn", "transactionId", kind, source, content, resolution, "resolvedAt")
    SELECT number, payment, transaction, kind, 'NOTICE', '{}', resolution, resolved::timestamptz
    FROM (VALUES
      ('N1', 'PADISPUTED',  'T9', 'AMOUNT',            NULL,        NULL),
      ('N2', 'PALATE',      'T8', 'OTHER_TRANSACTION', 'DISMISSED', '2026-01-07'),
      ('N3', NULL,          'T7', 'UNKNOWN',           NULL,        NULL),
      ('N4', 'PASUCCESS',   'T2', 'PAYER',             'SETTLED',   '2026-01-07'),
      ('N5', 'PASUCCESS',   'T2', 'TIME',              'ACCEPTED',  NULL),
      ('N6', 'PAREFUNDED',  'T6', 'CURRENCY',          'REFUNDED',  '2026-01-07'),
      ('N7', 'PADISPUTED',  'T9', 'REFUND_SUCCESS',    NULL,        NULL),
      ('N8', 'PADISPUTED',  'T9', 'REFUND_PROCESSING', 'MISFIT',    NULL),
      ('N9', 'PAREFUNDING', 'T5', 'REFUND_CLOSED',     'ACCEPTED',  '2026-01-07'),
      ('NA', NULL,          '',   'EVENT_TYPE',        NULL,        NULL),
      ('NB', NULL,          '',   'EVENT_TYPE',        'DISMISSED', '2026-01-07')
    ) AS old(number, payment, transaction, kind, resolution, resolved);
  INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid, status)
    VALUES ('M1', 'ORDER_PAID', 'PASUCCESS', 'PASUCCESS', 'wx1', 'o_guest', 'PENDING');`

/** Where PostgreSQL keeps each table's rows: another file after a table was rewritten. */
const FILES = `
  SELECT replace(relname, 'misfit', 'mismatch') AS name, pg_relation_filenode(oid) AS file FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '_prisma_migrations' ORDER BY 1`

/** A database as the migrations before the renaming left it, with rows in every state. */
async function givenOldDatabase(): Promise<{ url: string; pool: Pool }> {
  const database = planDatabase()
  await database.create()
  const old = migrationNames().filter((name) => name < RENAMING)
  // The schema engine's lock lasts as long as its session does, and would keep the next one out.
  const former = new Pool({ connectionString: database.url, max: 1 })
  for (const [index] of old.entries()) await apply(former, old.slice(0, index + 1))
  await former.query(`BEGIN; ${OLD_ROWS} COMMIT`)
  await former.end()
  const pool = new Pool({ connectionString: database.url, max: 1 })
  onTestFinished(() => pool.end())
  return { url: database.url, pool }
}

async function apply(pool: Pool, names: string[]): Promise<void> {
  await pool.query('BEGIN')
  await applyMigrations(pool, readMigrations(names))
  await pool.query('COMMIT')
}

describe('the migration that renames tables, columns and values', () => {
  test('keeps every row of a used database, and rewrites no table', async () => {
    const { pool } = await givenOldDatabase()
    const read = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows
    const payments = await read(`
      SELECT sn, "disputedAt" AS "underReviewAt", "nextAskAt" AS "nextRecheckAt", "lastAskedAt" AS "lastQueriedAt",
        "heldAt", status FROM payment ORDER BY sn`)
    const files = await read(FILES)

    await apply(
      pool,
      migrationNames().filter((name) => name <= RENAMING),
    )

    expect(await read(FILES)).toEqual(expect.arrayContaining(files))
    expect(
      await read(
        `SELECT sn, "underReviewAt", "nextRecheckAt", "lastQueriedAt", "heldAt", status FROM payment ORDER BY sn`,
      ),
    ).toEqual(payments)
    expect(payments).toHaveLength(8)
    const refunds = await read(
      `SELECT concat_ws(' ', "outRefundNo", cause, status, "advanceCount", "nextAdvanceAt"::date) AS row FROM refund ORDER BY 1`,
    )
    expect(refunds.map(({ row }) => row)).toEqual([
      'REABNORMAL GUEST ABNORMAL 1 2026-01-05',
      'REBYHAND MANUAL SUCCESS 3',
      'REGUEST GUEST REQUESTED 0 2026-01-05',
      'REOPERATOR OPERATOR CLOSED 1',
      'REUNKEPT UNAPPLIED SUCCESS 2',
      'REWAITS GUEST PROCESSING 1 2026-01-05',
    ])
    const mismatches = await read(
      `SELECT concat_ws(' ', number, subject, kind, resolution, "resolvedAt"::date) AS row FROM payment_mismatch ORDER BY 1`,
    )
    expect(mismatches.map(({ row }) => row)).toEqual([
      'N1 MONEY AMOUNT',
      'N2 MONEY OTHER_TRANSACTION DISMISSED 2026-01-07',
      'N3 MONEY UNKNOWN',
      'N4 MONEY PAYER SETTLED 2026-01-07',
      'N5 MONEY TIME ACCEPTED',
      'N6 MONEY CURRENCY REFUNDED 2026-01-07',
      'N7 REFUND SUCCESS',
      'N8 REFUND PROCESSING REJECTED',
      'N9 REFUND CLOSED ACCEPTED 2026-01-07',
      'NA NOTICE EVENT_TYPE',
      'NB NOTICE EVENT_TYPE DISMISSED 2026-01-07',
    ])
  })

  test('leaves the guarantees in force under the new names', async () => {
    const { url, pool } = await givenOldDatabase()
    await migrate(url, { log: pino({ level: 'silent' }) })
    const close = `UPDATE payment SET status = 'CLOSED', "closedAt" = now(), version = version + 1 WHERE sn = `
    await expect(pool.query(`${close} 'PADISPUTED'`)).rejects.toThrow('has money and is not closed')
    await expect(pool.query(`UPDATE payment SET "payTotal" = 1 WHERE sn = 'PAPENDING'`)).rejects.toThrow(
      'never changes',
    )
    const manual = `INSERT INTO refund ("outRefundNo", "paymentSn", cause, "refundTotal", body) VALUES`
    await expect(pool.query(`${manual} ('REX', 'PASUCCESS', 'GUEST', 1, NULL)`)).rejects.toThrow('refund_body')
    const again = `INSERT INTO payment_mismatch (subject, number, "transactionId", kind, source, content)`
    await expect(pool.query(`${again} VALUES ('REFUND', 'N7', 'T9', 'SUCCESS', 'NOTICE', '{}')`)).rejects.toThrow(
      'unique',
    )
  })
})
