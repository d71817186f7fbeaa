import {
  anOrder,
  aPayment,
  aRefund,
  describe,
  expect,
  insertStay,
  paidFacts,
  type Sql,
  test,
  whileUncommitted,
} from '../../harness/sql.ts'

async function givenPayment(sql: Sql) {
  const stay = await insertStay(sql)
  const order = anOrder(stay)
  const payment = aPayment(stay, order.sn, paidFacts())
  const refund = aRefund(payment.sn, { status: 'CLOSED', endedAt: new Date() })
  await sql.insert('homestay_order', order)
  await sql.insert('payment', payment)
  await sql.insert('refund', refund)
  await sql.insert('payment_event', event(payment.sn, 1))
  return { order: order.sn, payment: payment.sn, refund: refund.outRefundNo }
}

const event = (paymentSn: string, version: number) => ({ paymentSn, version, toStatus: 'PENDING', source: 'WX_PAY' })

describe('the trail of a payment', () => {
  test('refuses one of two events of the same version that are inserted at once', async ({ sql }) => {
    const { payment } = await givenPayment(sql)
    const write = (on: Sql) => on.insert('payment_event', event(payment, 2))
    expect(await whileUncommitted(sql, write, write)).toMatchObject({
      status: 'rejected',
      reason: { constraint: 'payment_event_pkey' },
    })
  })

  test('refuses an event of a payment that does not exist', async ({ sql }) => {
    await expect(sql.insert('payment_event', event('PA-nobody', 1))).rejects.toMatchObject({
      constraint: 'payment_event_paymentSn_fkey',
    })
  })

  test.for([
    `UPDATE payment_event SET detail = '{}' WHERE "paymentSn" = $1`,
    `UPDATE payment_event SET version = 9 WHERE "paymentSn" = $1`,
    `UPDATE payment_event SET at = now() WHERE "paymentSn" = $1`,
    `DELETE FROM payment_event WHERE "paymentSn" = $1`,
    `INSERT INTO payment_event ("paymentSn", version, "toStatus", source) VALUES ($1, 1, 'SUCCESS', 'NOTICE')
      ON CONFLICT ("paymentSn", version) DO UPDATE SET "toStatus" = 'SUCCESS'`,
  ])('refuses to change or delete payment events: %s', async (text, { sql }) => {
    const { payment } = await givenPayment(sql)
    await expect(sql.query(text, [payment])).rejects.toThrow(/rows of payment_event are kept/)
  })
})

describe('rows about money', () => {
  test.for([
    ['homestay_order', 'order', 'sn'],
    ['payment', 'payment', 'sn'],
    ['refund', 'refund', 'outRefundNo'],
  ] as const)('refuses to delete a row of %s', async ([table, row, key], { sql }) => {
    const rows = await givenPayment(sql)
    await expect(sql.query(`DELETE FROM ${table} WHERE "${key}" = $1`, [rows[row]])).rejects.toThrow(/are kept/)
  })

  test.for(['homestay_order', 'payment', 'refund', 'payment_event', '"user"', 'homestay'])(
    'refuses to truncate %s',
    async (table, { sql }) => {
      await expect(sql.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow(/are kept/)
    },
  )
})
