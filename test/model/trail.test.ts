import { describe, expect, onTestFinished, test } from 'vitest'
import { attemptsOf } from './ledger.ts'
import { perform } from './perform.ts'
import type { Step } from './steps.ts'
import { type Life, openSystem, type System } from './system.ts'
import { findTrailViolations } from './violations.ts'

const REFUNDED_IN_PART: Step[] = [
  'guest taps',
  'guest pays',
  '1 notices of payments arrive',
  'payments are applied',
  'an operator makes a manual refund of a part for the guest',
  'WeChat ends refunds as SUCCESS',
  '1 notices of refunds arrive',
]

async function givenLife(): Promise<{ system: System; life: Life; sn: string }> {
  const system = await openSystem()
  onTestFinished(() => system.close())
  const life = await system.beginLife()
  for (const step of REFUNDED_IN_PART) await perform(system, life, step)
  const [sn = ''] = await attemptsOf(system, life)
  return { system, life, sn }
}

/** Changes what the database keeps as it is. */
async function falsify({ sql }: System, statement: string, sn: string): Promise<void> {
  const client = await sql.connect()
  try {
    await client.query('BEGIN')
    await client.query('SET LOCAL session_replication_role = replica')
    await client.query(statement, [sn])
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

describe('the model', () => {
  test.for([
    [
      'another amount was paid',
      `UPDATE payment_event SET detail = jsonb_set(detail, '{wechat,amount,total}', '1') WHERE "paymentSn" = $1 AND version = 2`,
    ],
    ['nothing was paid', `DELETE FROM payment_event WHERE "paymentSn" = $1 AND version = 2`],
    [
      'a refund failed',
      `UPDATE payment_event SET detail = jsonb_set(detail, '{refund_status}', '"CLOSED"') WHERE "paymentSn" = $1 AND version = 3`,
    ],
    [
      'a refund was opened',
      `INSERT INTO payment_event ("paymentSn", version, "toStatus", source, detail)
        VALUES ($1, 4, 'SUCCESS', 'REFUND', '{"opened": "RE1", "refundTotal": 100}')`,
    ],
  ] as const)('finds a payment whose trail alone says that %s', async ([_what, statement]) => {
    const { system, life, sn } = await givenLife()
    expect(await findTrailViolations(system, life)).toEqual([])
    await falsify(system, statement, sn)
    expect(await findTrailViolations(system, life)).toEqual([expect.stringContaining(`${sn} is {"status":"SUCCESS"`)])
  })
})
