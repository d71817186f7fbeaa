import { Client } from 'pg'
import { createBillLoop } from '../../../src/bill/reconcile.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { makeDue, statusOfDay } from '../../harness/bill-days.ts'
import { fillBill } from '../../harness/filled-bill.ts'
import { openRecordedDatabase } from '../../harness/recorded-plans.ts'

const PAYMENTS = 12_000

/** What one statement may read of a table or an index; each of these tables has more than twice as many rows. */
const MOST_ROWS = 6_000
const LARGE = ['payment', 'payment_event', 'bill_row', 'bill_difference']

/** Before the day at any hour of today: events are filled two days ago, and the day's span begins before its midnight. */
const EARLIER_EVENTS = `
  SET session_replication_role = replica;
  UPDATE payment_event SET at = at - interval '1 day';
  SET session_replication_role = origin`

/** The bills of the neighbours, and of a day long ago; and as many differences, of many days, which are decided. */
const OTHER_DAYS = `
  INSERT INTO bill_row ("billOn", kind, number, "outTradeNo", "tradedAt", state, amount, settled, fee)
    SELECT $1::date + days, 'PAYMENT', 'other' || days || sn, sn, now(), 'SUCCESS', 1000, 1000, 6
    FROM payment, unnest(ARRAY[-1, 1, -40]) days;
  INSERT INTO bill_difference ("billOn", kind, number, class, "outTradeNo", outcome)
    SELECT $1::date - 50 - (row_number() OVER ())::int % 300, kind, number, 'FEE', "outTradeNo", 'RESOLVED' FROM bill_row`

describe('a day among others of as many lines', () => {
  test.override({ isDeployed: true })

  test.for(['force_custom_plan', 'force_generic_plan'] as const)(
    'is compared by statements that read no more than their part of it (%s)',
    async (mode, { app }) => {
      const { billOn, lines } = await fillBill(app.databaseUrl, app.sandbox, PAYMENTS)
      const sql = new Client({ connectionString: app.databaseUrl })
      await sql.connect()
      for (const statement of OTHER_DAYS.split(';')) await sql.query(statement.replaceAll('$1', `'${billOn}'`))
      await sql.query(EARLIER_EVENTS)
      await sql.query('VACUUM ANALYZE')
      await sql.end()

      const { db, scans } = openRecordedDatabase(app.databaseUrl, mode)
      await makeDue(app, billOn)
      const compare = createBillLoop({ ...app.deps, db })
      // On a slow machine a statement of the notices' connections, or a call, may take too long: it goes on after that.
      const statusAfterRun = async () => {
        await compare()
        await app.deps.db.$executeRaw`UPDATE bill_day SET "nextTryAt" = now() - interval '1 s'`
        return statusOfDay(app.deps, billOn)
      }
      await expect.poll(statusAfterRun).toBe('DONE')
      await db.$disconnect()
      expect(await app.deps.db.billRow.count({ where: { billOn: new Date(billOn) } })).toBe(lines)

      const long = scans.filter(({ reads, isSequential, rows }) =>
        isSequential ? LARGE.includes(reads) : rows > MOST_ROWS,
      )
      expect(long.map(({ reads, rows, sql: text }) => `${rows} rows of ${reads}: ${text}`)).toEqual([])
      expect(new Set(scans.map(({ reads }) => reads))).toContain('payment_event_at_idx')
    },
  )
})
