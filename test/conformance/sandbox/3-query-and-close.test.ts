import { describe, expect, it } from 'vitest'
import { harmless, played, unusedNumber } from './rules.ts'

describe('3 Query', () => {
  it(
    'a query of an unused number is answered with 404 ORDER_NOT_EXIST',
    harmless(async ({ merchant }) => {
      const { status, json } = await merchant.query(unusedNumber())
      expect([status, json.code]).toEqual([404, 'ORDER_NOT_EXIST'])
    }),
  )

  it(
    'a query of an unpaid order says NOTPAY, without transaction_id, success_time and payer',
    played(async ({ merchant }) => {
      await merchant.prepay('order-0001')
      const { json } = await merchant.query('order-0001')
      expect(json).toMatchObject({ trade_state: 'NOTPAY', out_trade_no: 'order-0001' })
      for (const name of ['transaction_id', 'success_time', 'payer']) expect(json).not.toHaveProperty(name)
    }),
  )

  it(
    'a query of a paid order says SUCCESS, with the whole transaction',
    played(async ({ merchant, sandbox, credentials }) => {
      await merchant.prepay('order-0001', { attach: 'room 7' })
      const { transactionId } = sandbox.payLate('order-0001')
      expect((await merchant.query('order-0001')).json).toEqual({
        appid: credentials.appid,
        mchid: credentials.mchid,
        out_trade_no: 'order-0001',
        transaction_id: transactionId,
        trade_type: 'JSAPI',
        trade_state: 'SUCCESS',
        trade_state_desc: expect.any(String),
        bank_type: expect.any(String),
        attach: 'room 7',
        success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
        payer: { openid: 'o_alice' },
        amount: { total: 10_000, payer_total: 10_000, currency: 'CNY', payer_currency: 'CNY' },
      })
    }),
  )

  it(
    'a paid order is found by its transaction_id',
    played(async ({ merchant, sandbox, credentials }) => {
      await merchant.prepay('order-0001')
      const { transactionId } = sandbox.payLate('order-0001')
      const path = `/v3/pay/transactions/id/${transactionId}?mchid=${credentials.mchid}`
      expect((await merchant.call('GET', path)).json).toEqual((await merchant.query('order-0001')).json)
    }),
  )

  it(
    'payer_total is total without the coupons that promotion_detail lists',
    played(async ({ merchant, sandbox }) => {
      await merchant.prepay('order-0001')
      sandbox.payLate('order-0001', 1000)
      expect((await merchant.query('order-0001')).json).toMatchObject({
        amount: { total: 10_000, payer_total: 9000 },
        promotion_detail: [
          {
            coupon_id: expect.any(String),
            scope: 'GLOBAL',
            type: 'CASH',
            amount: 1000,
            wechatpay_contribute: 1000,
            merchant_contribute: 0,
            other_contribute: 0,
            currency: 'CNY',
          },
        ],
      })
    }),
  )

  it(
    'an order with any refund is in state REFUND',
    played(async ({ merchant, sandbox }) => {
      await merchant.prepay('order-0001')
      sandbox.payLate('order-0001')
      await merchant.refund(merchant.refundBody('order-0001', 'R1', 1))
      expect((await merchant.query('order-0001')).json).toMatchObject({
        trade_state: 'REFUND',
        transaction_id: expect.any(String),
      })
    }),
  )

  it(
    'a query needs the signer’s own mchid',
    played(async ({ merchant }) => {
      const path = '/v3/pay/transactions/out-trade-no/order-0001'
      expect((await merchant.call('GET', `${path}?mchid=1900000001`)).json.code).toBe('MCH_NOT_EXISTS')
      expect((await merchant.call('GET', path)).json.code).toBe('PARAM_ERROR')
    }),
  )
})

describe('3 Close', () => {
  it(
    'a close is answered with a signed 204 without a body, and so is its repetition',
    played(async ({ merchant }) => {
      await merchant.prepay('order-0001')
      for (let round = 0; round < 2; round++) {
        expect(await merchant.close('order-0001')).toMatchObject({ status: 204, text: '', isSigned: true })
      }
      expect((await merchant.query('order-0001')).json.trade_state).toBe('CLOSED')
    }),
  )

  it(
    'a closed order can’t be paid by the phone',
    played(async ({ merchant, sandbox }) => {
      const parameters = await merchant.payParameters(await merchant.prepay('order-0001'))
      await merchant.close('order-0001')
      expect(() => sandbox.pay(parameters)).toThrow('已关闭')
    }),
  )

  it(
    'a paid order can’t be closed, and stays paid',
    played(async ({ merchant, sandbox }) => {
      await merchant.prepay('order-0001')
      sandbox.payLate('order-0001')
      expect((await merchant.close('order-0001')).json.code).toBe('ORDERPAID')
      expect((await merchant.query('order-0001')).json.trade_state).toBe('SUCCESS')
    }),
  )

  it(
    'a payment can win the race against a close',
    played(async ({ merchant, sandbox }) => {
      await merchant.prepay('order-0001')
      sandbox.faults.add({ endpoint: 'close', kind: 'paid-meanwhile', times: 1 })
      expect((await merchant.close('order-0001')).status).toBe(204)
      expect((await merchant.query('order-0001')).json.trade_state).toBe('SUCCESS')
    }),
  )
})
