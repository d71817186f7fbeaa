import { createSn } from '../../../src/infra/numbers.ts'
import {
  anOrder,
  aPayment,
  aRefund,
  describe,
  expect,
  insertStay,
  newCode,
  paidFacts,
  type Row,
  type Sql,
  test,
  whileUncommitted,
} from '../../harness/sql.ts'

/** A paid order with a homestay of its own, and its payment. */
async function givenPaidOrder(sql: Sql, change: Row = {}) {
  const stay = await insertStay(sql)
  const order = anOrder(stay)
  await sql.insert('homestay_order', order)
  const payment = aPayment(stay, order.sn, paidFacts())
  await sql.insert('payment', payment)
  await sql.update('homestay_order', order.sn, {
    tradeState: 'WAIT_USE',
    paidBySn: payment.sn,
    tradeCode: newCode(),
    ...change,
  })
  return { stay, order, payment }
}

describe('numbers', () => {
  test('refuses one of two payments with the same out_trade_no at once', async ({ sql }) => {
    const stay = await insertStay(sql)
    const sn = createSn('PA')
    const second = await whileUncommitted(
      sql,
      (one) => one.insert('payment', aPayment(stay, `${stay.userId}1`, { sn })),
      (two) => two.insert('payment', aPayment(stay, `${stay.userId}2`, { sn })),
    )
    expect(second).toMatchObject({ status: 'rejected', reason: { constraint: 'payment_pkey' } })
  })

  test('refuses one of two payments paid by the same transaction at once', async ({ sql }) => {
    const stay = await insertStay(sql)
    const [one, two] = [aPayment(stay, `${stay.userId}1`), aPayment(stay, `${stay.userId}2`)]
    await sql.insert('payment', one)
    await sql.insert('payment', two)
    const facts = { ...paidFacts({ transactionId: stay.userId }), version: 2 }
    const second = await whileUncommitted(
      sql,
      (first) => first.update('payment', one.sn, facts),
      (other) => other.update('payment', two.sn, facts),
    )
    expect(second).toMatchObject({ status: 'rejected', reason: { constraint: 'payment_transactionId_key' } })
  })

  test('refuses a second refund with the same out_refund_no or refund_id', async ({ sql }) => {
    const { payment } = await givenPaidOrder(sql)
    const refund = aRefund(payment.sn, { refundTotal: 1, status: 'CLOSED', endedAt: new Date(), refundId: payment.sn })
    await sql.insert('refund', refund)
    await expect(sql.insert('refund', { ...refund, refundId: createSn('RE') })).rejects.toMatchObject({
      constraint: 'refund_pkey',
    })
    await expect(sql.insert('refund', { ...refund, outRefundNo: createSn('RE') })).rejects.toMatchObject({
      constraint: 'refund_refundId_key',
    })
  })

  test('allows an openid for one user, and one openid per user and mini-program', async ({ sql }) => {
    const { userId } = await insertStay(sql)
    const { userId: another } = await insertStay(sql)
    const identity = { appid: 'wx0001', openid: newCode(), userId }
    await sql.insert('wechat_identity', identity)
    await expect(sql.insert('wechat_identity', { ...identity, userId: another })).rejects.toMatchObject({
      constraint: 'wechat_identity_pkey',
    })
    await expect(sql.insert('wechat_identity', { ...identity, openid: newCode() })).rejects.toMatchObject({
      constraint: 'wechat_identity_userId_appid_key',
    })
    await sql.insert('wechat_identity', { ...identity, appid: 'wx0002', openid: newCode() })
  })

  test('refuses an order paid by a payment that is unpaid, or another order’s, or already used', async ({ sql }) => {
    const stay = await insertStay(sql)
    const [one, two] = [anOrder(stay), anOrder(stay, { liveStartDate: '2030-06-01', liveEndDate: '2030-06-02' })]
    const payment = aPayment(stay, one.sn)
    await sql.insert('homestay_order', one)
    await sql.insert('homestay_order', two)
    await sql.insert('payment', payment)
    const paid = { tradeState: 'WAIT_USE', paidBySn: payment.sn }
    const codes = [newCode(), newCode()]

    await expect(sql.update('homestay_order', one.sn, { ...paid, tradeCode: codes[0] })).rejects.toThrow(/did not pay/)
    await sql.update('payment', payment.sn, { ...paidFacts(), version: 2 })
    await expect(sql.update('homestay_order', two.sn, { ...paid, tradeCode: codes[1] })).rejects.toThrow(/did not pay/)
    await expect(sql.insert('homestay_order', { ...anOrder(stay), ...paid, tradeCode: codes[1] })).rejects.toThrow(
      /did not pay/,
    )
    await sql.update('homestay_order', one.sn, { ...paid, tradeCode: codes[0] })
    // With the trigger off, which requires the order's own payment, the index still refuses.
    await sql.query('BEGIN')
    await sql.query(`ALTER TABLE homestay_order DISABLE TRIGGER "homestay_order_keep_facts"`)
    await expect(sql.update('homestay_order', two.sn, { ...paid, tradeCode: codes[1] })).rejects.toMatchObject({
      constraint: 'homestay_order_paidBySn_key',
    })
    await sql.query('ROLLBACK')
  })

  test('refuses an order paid by a payment of another service type with the same order number', async ({ sql }) => {
    const stay = await insertStay(sql)
    const order = anOrder(stay)
    await sql.insert('homestay_order', order)
    const course = aPayment(stay, order.sn, { serviceType: 'COURSE', ...paidFacts() })
    await sql.insert('payment', course)
    const paid = { tradeState: 'WAIT_USE', tradeCode: newCode() }

    const pays = sql.update('homestay_order', order.sn, { ...paid, paidBySn: course.sn })
    await expect(pays).rejects.toThrow(/did not pay/)

    const own = aPayment(stay, order.sn, paidFacts())
    await sql.insert('payment', own)
    await sql.update('homestay_order', order.sn, { ...paid, paidBySn: own.sn })
  })

  test.for(['USED', 'REFUNDED', 'EXPIRED'])(
    'refuses the entry code of another order, even after that order is %s',
    async (tradeState, { sql }) => {
      const tradeCode = newCode()
      await givenPaidOrder(sql, { tradeState, tradeCode, usedAt: new Date() })
      await expect(givenPaidOrder(sql, { tradeCode })).rejects.toMatchObject({
        constraint: 'homestay_order_tradeCode_key',
      })
    },
  )

  test('refuses the same entry code for one of two orders that are paid at once', async ({ sql }) => {
    const tradeCode = newCode()
    const pay = (on: Sql) => givenPaidOrder(on, { tradeCode })
    const second = await whileUncommitted(sql, pay, pay)
    expect(second).toMatchObject({ status: 'rejected', reason: { constraint: 'homestay_order_tradeCode_key' } })
  })

  test.for([
    'ABCDEFG',
    'ABCDEFGHJ',
    'abcdefgh',
    'ABCDEFG0',
    'ABCDEFGO',
    'ABCDEFG1',
    'ABCDEFGI',
    'ABCDEFGL',
    'ABCD EFG',
  ])('refuses the malformed entry code %s', async (tradeCode, { sql }) => {
    await expect(givenPaidOrder(sql, { tradeCode })).rejects.toMatchObject({
      constraint: 'homestay_order_trade_code_format',
    })
  })

  test.for([{ tradeCode: 'ABCDEFGH' }, { tradeState: 'WAIT_USE' }, { tradeState: 'USED', usedAt: new Date() }])(
    'refuses an entry code or a paid state for an unpaid order: %o',
    async (change, { sql }) => {
      const stay = await insertStay(sql)
      await expect(sql.insert('homestay_order', anOrder(stay, change))).rejects.toThrow(
        /homestay_order_(trade_code|paid_by)/,
      )
    },
  )

  test.for(['short', 'a number that is longer than thirty-two', 'no space ok', '中文号码中文号码', 'semi;colon'])(
    'refuses an out_trade_no that WeChat would refuse: %s',
    async (sn, { sql }) => {
      const stay = await insertStay(sql)
      await expect(sql.insert('payment', aPayment(stay, `${stay.userId}1`, { sn }))).rejects.toMatchObject({
        constraint: 'payment_sn_format',
      })
    },
  )

  test.for(['', 'x'.repeat(65), 'no space', '中文'])(
    'refuses an out_refund_no that WeChat would refuse: "%s"',
    async (outRefundNo, { sql }) => {
      const { payment } = await givenPaidOrder(sql)
      await expect(sql.insert('refund', aRefund(payment.sn, { outRefundNo }))).rejects.toMatchObject({
        constraint: 'refund_no_format',
      })
    },
  )

  test('refuses a user’s second order with the same idempotency key, and a key without hash or of bad length', async ({
    sql,
  }) => {
    const stay = await insertStay(sql)
    const keyed = (change: Row) => anOrder(stay, { idempotencyKey: 'key', idempotencyHash: 'hash', ...change })
    await sql.insert('homestay_order', keyed({ tradeState: 'CANCELLED' }))
    await expect(sql.insert('homestay_order', keyed({}))).rejects.toMatchObject({
      constraint: 'homestay_order_userId_idempotencyKey_key',
    })
    for (const change of [{ idempotencyKey: '' }, { idempotencyKey: 'k'.repeat(65) }, { idempotencyHash: null }]) {
      await expect(sql.insert('homestay_order', keyed(change))).rejects.toMatchObject({
        constraint: 'homestay_order_idempotency',
      })
    }
  })
})
