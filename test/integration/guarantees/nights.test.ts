import {
  anOrder,
  aPayment,
  describe,
  expect,
  insertStay,
  newCode,
  paidFacts,
  type Row,
  type Sql,
  type Stay,
  test,
  whileUncommitted,
} from '../../harness/sql.ts'

const HELD_ONCE = { constraint: 'homestay_order_nights_held_once' }
const STATES = ['WAIT_PAY', 'CANCELLED', 'WAIT_USE', 'USED', 'REFUNDING', 'REFUNDED', 'EXPIRED']
const HOLD = ['WAIT_PAY', 'WAIT_USE', 'USED', 'REFUNDING']

/** An order for the nights from 10 to 13 May, in this state. */
async function givenOrder(sql: Sql, stay: Stay, tradeState: string) {
  const order = anOrder(stay, nights('10', '13'))
  await sql.insert('homestay_order', order)
  const payment = aPayment(stay, order.sn, paidFacts())
  await sql.insert('payment', payment)
  const paid = { paidBySn: payment.sn, tradeCode: newCode(), usedAt: new Date() }
  const unpaid = tradeState === 'WAIT_PAY' || tradeState === 'CANCELLED'
  await sql.update('homestay_order', order.sn, { tradeState, ...(unpaid ? {} : paid) })
}

function nights(from: string, to: string): Row {
  return { liveStartDate: `2030-05-${from}`, liveEndDate: `2030-05-${to}` }
}

describe('a night of a homestay', () => {
  test.for(STATES)(
    'refuses a second order for the nights of one in %s, if that state holds them',
    async (tradeState, { sql }) => {
      const stay = await insertStay(sql)
      await givenOrder(sql, stay, tradeState)
      const second = sql.insert('homestay_order', anOrder(stay, nights('10', '13')))
      if (HOLD.includes(tradeState)) await expect(second).rejects.toMatchObject(HELD_ONCE)
      else await second
    },
  )

  test.for([
    ['09', '11'],
    ['12', '14'],
    ['11', '12'],
    ['05', '20'],
  ])(
    'refuses an order from %s to %s May that overlaps one from 10 to 13 May',
    async ([from = '', to = ''], { sql }) => {
      const stay = await insertStay(sql)
      await givenOrder(sql, stay, 'WAIT_USE')
      await expect(sql.insert('homestay_order', anOrder(stay, nights(from, to)))).rejects.toMatchObject(HELD_ONCE)
    },
  )

  test('allows orders from the day of leaving, until the day of arrival, and of another homestay', async ({ sql }) => {
    const stay = await insertStay(sql)
    await givenOrder(sql, stay, 'WAIT_USE')
    await sql.insert('homestay_order', anOrder(stay, nights('13', '14')))
    await sql.insert('homestay_order', anOrder(stay, nights('09', '10')))
    await sql.insert('homestay_order', anOrder(await insertStay(sql), nights('10', '13')))
  })

  test('refuses one of two orders for the same nights that are inserted at once', async ({ sql }) => {
    const stay = await insertStay(sql)
    const book = (on: Sql) => on.insert('homestay_order', anOrder(stay))
    expect(await whileUncommitted(sql, book, book)).toMatchObject({ status: 'rejected', reason: HELD_ONCE })
  })

  test('refuses to move an order onto held nights, or to reopen a cancelled one over them', async ({ sql }) => {
    const stay = await insertStay(sql)
    const cancelled = anOrder(stay, { ...nights('10', '11'), tradeState: 'CANCELLED' })
    const other = anOrder(stay, nights('20', '21'))
    for (const order of [cancelled, other]) await sql.insert('homestay_order', order)
    await givenOrder(sql, stay, 'WAIT_PAY')
    await expect(sql.update('homestay_order', cancelled.sn, { tradeState: 'WAIT_PAY' })).rejects.toMatchObject(
      HELD_ONCE,
    )
    await expect(sql.update('homestay_order', other.sn, nights('12', '13'))).rejects.toMatchObject(HELD_ONCE)
  })

  test.for([{ liveEndDate: '2030-05-01' }, { liveEndDate: '2030-04-30' }, { liveEndDate: '2030-06-01' }])(
    'refuses a stay from 1 May that isn’t 1 to 30 nights long: %o',
    async (change, { sql }) => {
      const stay = await insertStay(sql)
      await expect(sql.insert('homestay_order', anOrder(stay, change))).rejects.toMatchObject({
        // PostgreSQL refuses a range that runs backwards before it evaluates the CHECK.
        message: expect.stringMatching(/homestay_order_nights|range lower bound/),
      })
    },
  )
})
