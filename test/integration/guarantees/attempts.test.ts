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
  test('are one at a time', async ({ sql }) => {
    const { insertAnother } = await givenAttempt(sql)
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
  })

  test('are one at a time also when two are made at once', async ({ sql }) => {
    const stay = await insertStay(sql)
    const insert = (on: Sql) => on.insert('payment', aPayment(stay, stay.userId))
    expect(await whileUncommitted(sql, insert, insert)).toMatchObject({ status: 'rejected', reason: ONE_LIVE })
  })

  test('make room for another when they are closed', async ({ sql }) => {
    const { insertAnother } = await givenAttempt(sql, closed())
    await insertAnother()
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
  })

  test('of orders of another kind have a place of their own', async ({ sql }) => {
    const stay = await insertStay(sql)
    await sql.insert('payment', aPayment(stay, stay.userId))
    await sql.insert('payment', aPayment(stay, stay.userId, { serviceType: 'COURSE' }))
  })

  test('don’t compete with late money on a closed one', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, closed())
    await insertAnother()
    await sql.update('payment', sn, { ...paidFacts(), version: 3 })
  })

  test('stay closed, also when money comes late', async ({ sql }) => {
    const { sn } = await givenAttempt(sql, closed())
    await expect(sql.update('payment', sn, { ...paidFacts(), closedAt: null, version: 3 })).rejects.toThrow(
      /stays closed/,
    )
    await sql.update('payment', sn, { ...paidFacts(), version: 3 })
    await expect(sql.update('payment', sn, { closedAt: null })).rejects.toThrow(/stays closed/)
    await expect(sql.update('payment', sn, { closedAt: new Date(0) })).rejects.toThrow(/stays closed/)
  })

  test('keep their place for ever once they are paid', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, paidFacts())
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
    await expect(sql.update('payment', sn, { closedAt: new Date() })).rejects.toThrow(/is not closed/)
  })

  test('keep their place while an operator looks at them', async ({ sql }) => {
    const { sn, insertAnother } = await givenAttempt(sql, { underReviewAt: new Date() })
    await expect(insertAnother()).rejects.toMatchObject(ONE_LIVE)
    await expect(sql.update('payment', sn, { ...closed(), version: 3 })).rejects.toThrow(/is not closed/)
  })

  test('are not closed by one who was overtaken by the money', async ({ sql }) => {
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
