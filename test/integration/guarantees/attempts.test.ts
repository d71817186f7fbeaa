import {
  aPayment,
  describe,
  expect,
  insertStay,
  paidFacts,
  type Sql,
  test,
  whileUncommitted,
} from '../../harness/sql.ts'

const ONE_LIVE = { constraint: 'payment_one_live_attempt' }

async function givenAttempt(sql: Sql, change = {}) {
  const stay = await insertStay(sql)
  const payment = aPayment(stay, stay.userId)
  await sql.insert('payment', payment)
  if (Object.keys(change).length > 0) await sql.update('payment', payment.sn, { version: 2, ...change })
  return { sn: payment.sn, insertAnother: (on = sql) => on.insert('payment', aPayment(stay, stay.userId)) }
}

const closed = () => ({ status: 'CLOSED', closedAt: new Date() })

describe('the attempts to pay an order', () => {
  test('refuses a second live attempt for an order', async ({ sql }) => {
    const { insertAnother } = await givenAttempt(sql)
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
  })

  test('refuses one of two attempts that are inserted at once', async ({ sql }) => {
    const stay = await insertStay(sql)
    const insert = (on: Sql) => on.insert('payment', aPayment(stay, stay.userId))
    expect(await whileUncommitted(sql, insert, insert)).toMatchObject({ status: 'rejected', reason: ONE_LIVE })
  })

  test('allows another attempt once the first is closed', async ({ sql }) => {
    const { insertAnother } = await givenAttempt(sql, closed())
    await insertAnother()
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
  })

  test('allows attempts of two service types for the same order number', async ({ sql }) => {
    const stay = await insertStay(sql)
    await sql.insert('payment', aPayment(stay, stay.userId))
    await sql.insert('payment', aPayment(stay, stay.userId, { serviceType: 'COURSE' }))
  })

  test('allows late money for a closed attempt beside a live one', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, closed())
    await insertAnother()
    await sql.update('payment', sn, { ...paidFacts(), version: 3 })
  })

  test('keeps closedAt unchanged, even when late money comes', async ({ sql }) => {
    const { sn } = await givenAttempt(sql, closed())
    await expect(sql.update('payment', sn, { ...paidFacts(), closedAt: null, version: 3 })).rejects.toThrow(
      /stays closed/,
    )
    await sql.update('payment', sn, { ...paidFacts(), version: 3 })
    await expect(sql.update('payment', sn, { closedAt: null })).rejects.toThrow(/stays closed/)
    await expect(sql.update('payment', sn, { closedAt: new Date(0) })).rejects.toThrow(/stays closed/)
  })

  test('refuses to close a paid attempt, or to add another beside it', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, paidFacts())
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
    await expect(sql.update('payment', sn, { closedAt: new Date() })).rejects.toThrow(/is not closed/)
  })

  test('refuses to close an attempt under review, or to add another beside it', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, { underReviewAt: new Date() })
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
    await expect(sql.update('payment', sn, { ...closed(), version: 3 })).rejects.toThrow(/is not closed/)
  })

  test('refuses a close that waited while the attempt was paid', async ({ sql }) => {
    const { sn } = await givenAttempt(sql)
    const close = await whileUncommitted(
      sql,
      (first) => first.update('payment', sn, { ...paidFacts(), version: 2 }),
      (second) => second.update('payment', sn, { ...closed(), version: 2 }),
    )
    expect(close.status).toBe('rejected')
    expect(await sql.query('SELECT status FROM payment WHERE sn = $1', [sn])).toEqual([{ status: 'SUCCESS' }])
  })
})
