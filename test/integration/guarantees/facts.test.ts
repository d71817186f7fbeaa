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
} from '../../harness/sql.ts'

async function givenPaidOrder(sql: Sql) {
  const stay = await insertStay(sql)
  const order = anOrder(stay, { idempotencyKey: 'key', idempotencyHash: 'hash' })
  await sql.insert('homestay_order', order)
  const payment = aPayment(stay, order.sn, paidFacts())
  await sql.insert('payment', payment)
  await sql.update('homestay_order', order.sn, {
    tradeState: 'WAIT_USE',
    paidBySn: payment.sn,
    tradeCode: newCode(),
  })
  return { stay, order, payment }
}

const soldAs: Row[] = [
  { sn: 'HO-another' },
  { userId: 'another' },
  { homestayId: 'another' },
  { title: '大院' },
  { subTitle: 'x' },
  { cover: 'x' },
  { info: 'x' },
  { pricedBy: 'PERSON_NIGHT' },
  { homestayPrice: 1 },
  { foodPrice: 1 },
  { homestayTotalPrice: 900, foodTotalPrice: 100 },
  { homestayTotalPrice: 900, orderTotalPrice: 900 },
  { livePeopleNum: 2 },
  { needFood: true },
  { idempotencyKey: 'another' },
  { idempotencyHash: 'another' },
]

const madeWith: Row[] = [
  { sn: 'PA-another' },
  { serviceType: 'COURSE' },
  { orderSn: 'another' },
  { userId: 'another' },
  { mchid: '1900000002' },
  { appid: 'wx0000000000000002' },
  { openid: 'o_another' },
  { notifyUrl: 'https://example.com/another' },
  { payTotal: 1 },
  { prepayBody: '{"another":1}' },
]

const paidBy: Row[] = [
  { transactionId: 'another' },
  { transactionId: null, paidTotal: null, paidAt: null, status: 'PENDING' },
  { paidTotal: 999 },
  { paidTotal: 1_001 },
  { paidAt: new Date(0) },
]

const requestedWith: Row[] = [
  { outRefundNo: 'RE-another' },
  { paymentSn: 'another' },
  { refundTotal: 1 },
  { body: '{"another":1}' },
  { cause: 'OPERATOR' },
]

describe('facts', () => {
  test.for(soldAs)('refuses to change what an order was sold as: %o', async (change, { sql }) => {
    const { order } = await givenPaidOrder(sql)
    await expect(sql.update('homestay_order', order.sn, change)).rejects.toThrow(/was sold as never changes/)
  })

  test('refuses to change which payment paid an order, and its entry code', async ({ sql }) => {
    const { order, stay } = await givenPaidOrder(sql)
    const other = aPayment(stay, order.sn, { closedAt: new Date(), ...paidFacts() })
    await sql.insert('payment', other)
    const update = (change: Row) => sql.update('homestay_order', order.sn, change)
    await expect(update({ paidBySn: other.sn })).rejects.toThrow(/for ever/)
    await expect(update({ paidBySn: null, tradeCode: null, tradeState: 'WAIT_PAY' })).rejects.toThrow(/for ever/)
    await expect(update({ tradeCode: newCode() })).rejects.toThrow(/never changes/)
    await expect(update({ tradeCode: null })).rejects.toThrow(/never changes/)
  })

  test.for(madeWith)('refuses to change what an attempt was made with: %o', async (change, { sql }) => {
    const stay = await insertStay(sql)
    const payment = aPayment(stay, stay.userId)
    await sql.insert('payment', payment)
    await expect(sql.update('payment', payment.sn, change)).rejects.toThrow(/was made with never changes/)
  })

  test.for(paidBy)(
    'refuses to change the transaction, amount and time of a paid payment: %o',
    async (change, { sql }) => {
      const { payment } = await givenPaidOrder(sql)
      await expect(sql.update('payment', payment.sn, { ...change, version: 2 })).rejects.toThrow(/for ever/)
    },
  )

  test.for(requestedWith)('refuses to change what a refund was requested with: %o', async (change, { sql }) => {
    const { payment } = await givenPaidOrder(sql)
    const refund = aRefund(payment.sn, { status: 'CLOSED', endedAt: new Date() })
    await sql.insert('refund', refund)
    await expect(sql.update('refund', refund.outRefundNo, change)).rejects.toThrow(/was made with never changes/)
  })
})
