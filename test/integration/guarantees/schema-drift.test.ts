import { readFileSync } from 'node:fs'
import { findSchemaDrift } from '../../../scripts/schema-drift.ts'
import { describe, expect, test } from '../../harness/sql.ts'

const SCHEMA = readFileSync(new URL('../../../prisma/schema.prisma', import.meta.url), 'utf8')

/** Indexes that only migrations can express, in SQL: partial ones, those of expressions, and that of an exclusion constraint. */
const ONLY_IN_SQL = `
  SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE c.relnamespace = 'public'::regnamespace AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR i.indisexclusion) ORDER BY c.relname`

describe('the migrations', () => {
  test('the migrations create what schema.prisma describes', async ({ sql }) => {
    expect(await findSchemaDrift(sql.url, SCHEMA)).toEqual({ missing: [], unexpected: [] })
  })

  test('finds a column that only the migrations or only schema.prisma has', async ({ sql }) => {
    const changed = SCHEMA.replace(/^ {2}remark .*$/m, '  arriveAt String?')
    expect(await findSchemaDrift(sql.url, changed)).toEqual({
      missing: ['column homestay_order."arriveAt" text'],
      unexpected: ["column homestay_order.remark text NOT NULL DEFAULT ''::text"],
    })
  })

  test('the migrations create the indexes that only SQL can express', async ({ sql }) => {
    expect((await sql.query(ONLY_IN_SQL)).map(({ name }) => name)).toEqual([
      'bill_day_due',
      'bill_difference_open',
      'homestay_order_due_close',
      'homestay_order_due_expiry',
      'homestay_order_due_shipping',
      'homestay_order_nights_held_once',
      'homestay_order_unpaid',
      'message_due',
      'operator_name',
      'payment_due_apply',
      'payment_due_publish',
      'payment_due_recheck',
      'payment_due_recheck_closed',
      'payment_due_relay',
      'payment_due_stream',
      'payment_mismatch_open',
      'payment_one_live_attempt',
      'payment_waiting_for_operator',
      'refund_due_advance',
      'session_ended',
      'user_phone_last_four',
      'webhook_delivery_due',
      'webhook_delivery_failed',
      'webhook_delivery_in_flight',
      'webhook_delivery_past',
    ])
  })
})
