import { PayStatus } from '../../../prisma/client/enums.ts'
import { type PaymentFacts, statusOf } from '../../../src/payment/state.ts'
import {
  aPayment,
  aRefund,
  describe,
  expect,
  insertStay,
  newCode,
  type Row,
  type Sql,
  test,
} from '../../harness/sql.ts'

const AT = new Date('2030-05-01T00:00:00Z')

const everyFact: PaymentFacts[] = [null, 1_000].flatMap((paidTotal) =>
  [null, AT].flatMap((closedAt) =>
    [0, 400, 1_000]
      .filter((refundedTotal) => refundedTotal === 0 || paidTotal !== null)
      .flatMap((refundedTotal) =>
        [0, 1, 2].map((liveRefunds) => ({ paidTotal, closedAt, refundedTotal, liveRefunds })),
      ),
  ),
)

/** Inserts a payment with these facts and this status, and its refunds; the caller commits. */
async function insertPayment(sql: Sql, facts: PaymentFacts, status: PayStatus): Promise<void> {
  const { paidTotal, closedAt, refundedTotal, liveRefunds } = facts
  const stay = await insertStay(sql)
  const paid: Row = paidTotal === null ? {} : { transactionId: stay.userId, paidTotal, paidAt: AT }
  const payment = aPayment(stay, stay.userId, { status, closedAt, refundedTotal, ...paid })
  await sql.insert('payment', payment)
  if (refundedTotal > 0) {
    const done = { refundTotal: refundedTotal, status: 'SUCCESS', endedAt: AT }
    await sql.insert('refund', aRefund(payment.sn, done))
  }
  for (let live = 0; live < liveRefunds; live++) await sql.insert('refund', aRefund(payment.sn, { refundTotal: 1 }))
}

async function isAccepted(sql: Sql, facts: PaymentFacts, status: PayStatus): Promise<boolean> {
  await sql.query('BEGIN')
  try {
    await insertPayment(sql, facts, status)
    await sql.query('COMMIT')
    return true
  } catch (error) {
    await sql.query('ROLLBACK')
    expect(error).toMatchObject({ code: expect.stringMatching(/^23/) })
    return false
  }
}

describe('the status of a payment', () => {
  test.for(everyFact)('accepts no status but that of statusOf for a payment with %o', async (facts, { sql }) => {
    const accepted: PayStatus[] = []
    for (const status of Object.values(PayStatus)) if (await isAccepted(sql, facts, status)) accepted.push(status)
    expect(accepted).toEqual([statusOf(facts)])
  })

  test('refuses a change of status without the next version', async ({ sql }) => {
    const stay = await insertStay(sql)
    const { sn } = await sql.insert('payment', aPayment(stay, stay.userId))
    const close = { status: 'CLOSED', closedAt: AT }
    await expect(sql.update('payment', sn, close)).rejects.toThrow(/with its version/)
    await expect(sql.update('payment', sn, { ...close, version: 3 })).rejects.toThrow(/a version at a time/)
    await sql.update('payment', sn, { ...close, version: 2 })
    await expect(sql.update('payment', sn, { version: 1 })).rejects.toThrow(/only moves forward/)
  })

  test.for([
    { version: 0 },
    { queuedVersion: 2 },
    { appliedVersion: 2 },
    { queuedVersion: -1 },
    { appliedVersion: -1 },
  ])('refuses a version below 1, and a queued or applied version ahead of it: %o', async (change, { sql }) => {
    const stay = await insertStay(sql)
    await expect(sql.insert('payment', aPayment(stay, stay.userId, change))).rejects.toMatchObject({
      constraint: 'payment_versions',
    })
  })

  test.for([{ prepayId: 'wx1' }, { prepayIdAt: AT }])(
    'refuses a prepayId without its time, or a time without a prepayId: %o',
    async (change, { sql }) => {
      const stay = await insertStay(sql)
      await expect(sql.insert('payment', aPayment(stay, stay.userId, change))).rejects.toMatchObject({
        constraint: 'payment_prepay',
      })
    },
  )

  test.for([{ transactionId: newCode() }, { paidTotal: 1_000 }, { paidAt: AT, transactionId: newCode() }])(
    'refuses a payment with only some facts of a paid one: %o',
    async (change, { sql }) => {
      const stay = await insertStay(sql)
      await expect(sql.insert('payment', aPayment(stay, stay.userId, change))).rejects.toMatchObject({ code: '23514' })
    },
  )
})
