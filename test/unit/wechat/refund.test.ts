import { describe, expect, test } from 'vitest'
import { WechatInputError } from '../../../src/wechat/errors.ts'
import { applyAbnormalRefund, buildRefundBody, queryRefund, requestRefund } from '../../../src/wechat/refund.ts'
import { givenWechatPay } from './fake-wechat.ts'

const input = { outTradeNo: 'PX000001', outRefundNo: 'RF000001', refundFen: 345, totalFen: 12_345 }
const accepted = {
  refund_id: '5030000001',
  out_refund_no: 'RF000001',
  transaction_id: '4200000001',
  out_trade_no: 'PX000001',
  channel: 'ORIGINAL',
  user_received_account: '支付用户零钱',
  create_time: '2026-06-01T16:00:00+08:00',
  status: 'PROCESSING',
  amount: { total: 12_345, refund: 345, payer_total: 12_000, payer_refund: 335, currency: 'CNY' },
}

describe('the body of a refund call', () => {
  test('builds a refund body with the documented fields only', () => {
    const notifyUrl = 'https://shop.example/notify'
    expect(JSON.parse(buildRefundBody({ ...input, reason: '行程取消', notifyUrl }))).toEqual({
      out_trade_no: 'PX000001',
      out_refund_no: 'RF000001',
      reason: '行程取消',
      notify_url: notifyUrl,
      amount: { refund: 345, total: 12_345, currency: 'CNY' },
    })
  })

  test('builds a refund body by transaction instead of our number', () => {
    const body = buildRefundBody({ ...input, outTradeNo: undefined, transactionId: '4200000001' })
    expect(JSON.parse(body)).toHaveProperty('transaction_id', '4200000001')
    expect(JSON.parse(body)).not.toHaveProperty('out_trade_no')
  })

  test('shortens the reason of a refund to 80 bytes, between characters', () => {
    const { reason } = JSON.parse(buildRefundBody({ ...input, reason: '退'.repeat(40) })) as { reason: string }
    expect(reason).toBe('退'.repeat(26))
  })

  test('leaves an empty reason out of a refund body', () => {
    expect(JSON.parse(buildRefundBody({ ...input, reason: ' ' }))).not.toHaveProperty('reason')
  })

  test.each([
    ['both a transaction and our number', { transactionId: '42' }],
    ['neither a transaction nor our number', { outTradeNo: undefined }],
    ['a number with a slash', { outRefundNo: 'RF/1' }],
    ['a number that is too long', { outRefundNo: 'R'.repeat(65) }],
    ['more than was paid', { refundFen: 12_346 }],
    ['nothing', { refundFen: 0 }],
    ['half a fen', { refundFen: 0.5 }],
    ['a query in its notify URL', { notifyUrl: 'https://shop.example/?a' }],
  ])('rejects a refund body with %s', (_what, wrong) => {
    expect(() => buildRefundBody({ ...input, ...wrong })).toThrow(WechatInputError)
  })
})

describe('a refund', () => {
  test('requests a refund with exactly the given body', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ body: JSON.stringify(accepted) }))
    const body = buildRefundBody(input)
    expect(await requestRefund(wechat, body)).toEqual({
      refundId: '5030000001',
      outRefundNo: 'RF000001',
      transactionId: '4200000001',
      outTradeNo: 'PX000001',
      status: 'PROCESSING',
      successTime: undefined,
      userReceivedAccount: '支付用户零钱',
      totalFen: 12_345,
      refundFen: 345,
      payerTotalFen: 12_000,
      payerRefundFen: 335,
      currency: 'CNY',
      raw: accepted,
    })
    expect(received).toMatchObject([{ method: 'POST', path: '/v3/refund/domestic/refunds', body }])
  })

  test('queries a refund by our number', async () => {
    const { wechat, received } = await givenWechatPay(() => ({
      body: JSON.stringify({ ...accepted, status: 'SUCCESS' }),
    }))
    expect(await queryRefund(wechat, { outRefundNo: 'RF000001' })).toMatchObject({ status: 'SUCCESS' })
    expect(received).toMatchObject([{ method: 'GET', path: '/v3/refund/domestic/refunds/RF000001' }])
  })

  test('sends an ABNORMAL refund to another account', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ body: JSON.stringify(accepted) }))
    const abnormal = { refundId: '5030000001', outRefundNo: 'RF000001', type: 'MERCHANT_BANK_CARD' as const }
    expect(await applyAbnormalRefund(wechat, abnormal)).toMatchObject({ status: 'PROCESSING' })
    expect(received).toMatchObject([
      {
        path: '/v3/refund/domestic/refunds/5030000001/apply-abnormal-refund',
        body: '{"out_refund_no":"RF000001","type":"MERCHANT_BANK_CARD"}',
      },
    ])
  })

  test.each([
    ['another refund', { ...accepted, out_refund_no: 'RF000002', refund_id: '5030000002' }],
    ['a status that nobody knows', { ...accepted, status: 'MAYBE' }],
    ['no amount', { ...accepted, amount: undefined }],
  ])('reports a refund as unknown when the signed answer has %s', async (_what, answer) => {
    const { wechat } = await givenWechatPay(() => ({ body: JSON.stringify(answer) }))
    const unknown = { outcomeUnknown: true, action: 'query' }
    await expect(requestRefund(wechat, buildRefundBody(input))).rejects.toMatchObject(unknown)
    await expect(queryRefund(wechat, { outRefundNo: 'RF000001' })).rejects.toMatchObject(unknown)
    const abnormal = { refundId: '5030000001', outRefundNo: 'RF000001', type: 'USER_BANK_CARD' as const }
    await expect(applyAbnormalRefund(wechat, abnormal)).rejects.toMatchObject(unknown)
  })
})
