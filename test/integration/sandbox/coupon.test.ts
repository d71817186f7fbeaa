import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

const start = async () => {
  const sandbox = await startSandbox()
  return { sandbox, merchant: merchantOf(sandbox) }
}

describe('an order paid in part by a coupon', () => {
  it.each([
    ['CASH', { wechatpay_contribute: 3334, merchant_contribute: 0 }],
    ['NOCASH', { wechatpay_contribute: 0, merchant_contribute: 3334 }],
  ] as const)(
    'a query of an order with a %s coupon says who pays for the coupon',
    async (couponType, contributions) => {
      const { sandbox, merchant } = await start()
      const prepayId = await merchant.prepay('order-0001')
      sandbox.pay({ ...(await merchant.payParameters(prepayId)), coupon: 3334, couponType })
      expect((await merchant.query('order-0001')).json).toMatchObject({
        amount: { total: 10_000, payer_total: 6666 },
        promotion_detail: [{ type: couponType, scope: 'GLOBAL', amount: 3334, other_contribute: 0, ...contributions }],
      })
    },
  )

  it.each([
    ['CASH', 'COUPON', { settlement_total: 10_000, settlement_refund: 5000 }],
    ['NOCASH', 'DISCOUNT', { settlement_total: 6666, settlement_refund: 3333 }],
  ] as const)(
    'a refund of an order with a %s coupon returns the payer’s share alone',
    async (couponType, type, settlement) => {
      const { sandbox, merchant } = await start()
      const receiver = await startReceiver(merchant)
      await merchant.prepay('order-0001', { notify_url: receiver.url })
      sandbox.payLate('order-0001', 3334, couponType)
      const half = await merchant.refund(merchant.refundBody('order-0001', 'R1', 5000, { notify_url: receiver.url }))
      expect(half.json).toMatchObject({
        amount: { refund: 5000, payer_total: 6666, payer_refund: 3333, discount_refund: 1667, ...settlement },
        promotion_detail: [{ type, scope: 'GLOBAL', amount: 3334, refund_amount: 1667 }],
      })
      expect((await merchant.queryRefund('R1')).json.promotion_detail).toEqual(half.json.promotion_detail)
      const rest = await merchant.refund(merchant.refundBody('order-0001', 'R2', 5000))
      expect(rest.json).toMatchObject({ amount: { payer_refund: 3333 } })
      await expect.poll(() => receiver.received.map((notice) => notice.content.refund_status)).toContain('SUCCESS')
      const notice = receiver.received.find((received) => received.content.out_refund_no === 'R1')
      expect(notice?.content.amount).toEqual({ total: 10_000, refund: 5000, payer_total: 6666, payer_refund: 3333 })
    },
  )

  it('a coupon may be worth the whole order, and no more', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001')
    expect(() => sandbox.payLate('order-0001', 10_001)).toThrow('coupon')
    const payWith = (coupon: number) =>
      fetch(`${sandbox.url}/sandbox/late-payment`, {
        method: 'POST',
        body: JSON.stringify({ outTradeNo: 'order-0001', coupon, couponType: 'NOCASH' }),
      })
    expect((await payWith(10_001)).status).toBe(400)
    expect((await payWith(10_000)).status).toBe(200)
    expect((await merchant.query('order-0001')).json).toMatchObject({ amount: { payer_total: 0 } })
  })
})
