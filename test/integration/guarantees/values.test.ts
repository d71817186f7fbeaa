import {
  anOrder,
  aPayment,
  describe,
  expect,
  insertStay,
  newCode,
  paidFacts,
  type Row,
  test,
} from '../../harness/sql.ts'

type Case = [change: Row, constraint: string]

const orders: Case[] = [
  [{ livePeopleNum: 0 }, 'homestay_order_people'],
  [{ homestayTotalPrice: 0, orderTotalPrice: 0 }, 'homestay_order_price'],
  [{ orderTotalPrice: 999 }, 'homestay_order_price'],
  [{ homestayTotalPrice: 1_001, foodTotalPrice: -1 }, 'homestay_order_price'],
  [{ homestayTotalPrice: -1, foodTotalPrice: 1_001 }, 'homestay_order_price'],
]

const homestays: Case[] = [
  [{ homestayPrice: 0 }, 'homestay_prices'],
  [{ foodPrice: -1 }, 'homestay_prices'],
  [{ marketHomestayPrice: -1 }, 'homestay_prices'],
  [{ peopleNum: 0 }, 'homestay_people'],
]

const payments: Case[] = [
  [{ payTotal: 0 }, 'payment_totals'],
  [{ payTotal: -1 }, 'payment_totals'],
  [{ paidTotal: 0, status: 'REFUNDED' }, 'payment_totals'],
  [{ payerTotal: -1 }, 'payment_totals'],
  [{ refundedTotal: -1 }, 'payment_totals'],
]

describe('values', () => {
  test.for(orders)('refuses an order with %o', async ([change, constraint], { sql }) => {
    const stay = await insertStay(sql)
    await expect(sql.insert('homestay_order', anOrder(stay, change))).rejects.toMatchObject({ constraint })
  })

  test.for(homestays)('refuses a homestay with %o', async ([change, constraint], { sql }) => {
    const { homestayId } = await insertStay(sql)
    await expect(sql.update('homestay', homestayId, change)).rejects.toMatchObject({ constraint })
  })

  test.for(payments)('refuses a payment with %o', async ([change, constraint], { sql }) => {
    const stay = await insertStay(sql)
    const payment = aPayment(stay, stay.userId, { ...paidFacts(), ...change })
    await expect(sql.insert('payment', payment)).rejects.toMatchObject({ constraint })
  })

  test('refuses a USED order without usedAt', async ({ sql }) => {
    const stay = await insertStay(sql)
    const order = anOrder(stay)
    const payment = aPayment(stay, order.sn, paidFacts())
    await sql.insert('homestay_order', order)
    await sql.insert('payment', payment)
    const used = { tradeState: 'USED', paidBySn: payment.sn, tradeCode: newCode() }
    await expect(sql.update('homestay_order', order.sn, used)).rejects.toMatchObject({
      constraint: 'homestay_order_used_at',
    })
  })

  test('refuses a fourth try of a message, and a second message of its kind', async ({ sql }) => {
    const { userId } = await insertStay(sql)
    const insert = (id: string, tries: number) =>
      sql.query(
        `INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid, tries)
         VALUES ($1, 'ORDER_PAID', $2, 'order', 'wx1', 'o_guest', $3)`,
        [id, userId, tries],
      )
    await expect(insert(newCode(), 4)).rejects.toMatchObject({ constraint: 'message_tries' })
    await insert(newCode(), 3)
    await expect(insert(newCode(), 0)).rejects.toMatchObject({ constraint: 'message_paymentSn_kind_key' })
  })

  test('refuses a message that nobody would find, and one that waits for consent and is due', async ({ sql }) => {
    const insert = (status: string, nextTryAt: Date | null, consents = 0) =>
      sql.query(
        `INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid, status, "nextTryAt", consents)
         VALUES ($1, 'ORDER_PAID', $1, 'order', 'wx1', 'o_guest', $2, $3, $4)`,
        [newCode(), status, nextTryAt, consents],
      )
    const constraint = 'message_next_try'
    await expect(insert('PENDING', null)).rejects.toMatchObject({ constraint })
    await expect(insert('REFUSED', new Date())).rejects.toMatchObject({ constraint })
    await expect(insert('REFUSED', null, -1)).rejects.toMatchObject({ constraint: 'message_consents' })
    await insert('REFUSED', null)
  })

  test('refuses a second answer of an order for a template, and one for none', async ({ sql }) => {
    const insert = (orderSn: string, templateId: string) =>
      sql.query(
        `INSERT INTO message_consent ("orderSn", "serviceType", "templateId", "isAccepted")
         VALUES ($1, 'HOMESTAY_ORDER', $2, true)`,
        [orderSn, templateId],
      )
    const orderSn = newCode()
    await expect(insert(orderSn, '')).rejects.toMatchObject({ constraint: 'message_consent_template' })
    await insert(orderSn, 'template')
    await expect(insert(orderSn, 'template')).rejects.toMatchObject({ constraint: 'message_consent_pkey' })
  })
})
