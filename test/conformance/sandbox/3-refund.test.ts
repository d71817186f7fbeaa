import { describe, expect, it } from 'vitest'
import { harmless, type PlayedWechat, played, unusedNumber } from './rules.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * 86_400_000

async function givenPaid({ merchant, sandbox }: PlayedWechat, couponFen = 0) {
  await merchant.prepay('order-0001')
  return sandbox.payLate('order-0001', couponFen)
}

async function refund({ merchant }: PlayedWechat, outRefundNo: string, refundFen: number, changes = {}) {
  const { status, json } = await merchant.refund(merchant.refundBody('order-0001', outRefundNo, refundFen, changes))
  return { status, code: json.code, json }
}

describe('3 Refund', () => {
  it(
    'a query of an unused refund number is answered with 404 RESOURCE_NOT_EXISTS',
    harmless(async ({ merchant }) => {
      const { status, json } = await merchant.queryRefund(unusedNumber())
      expect([status, json.code]).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    }),
  )

  it(
    'a refund answered with 200 is PROCESSING, and SUCCESS later',
    played(async (wechat) => {
      await givenPaid(wechat)
      const { status, json } = await refund(wechat, 'R1', 1000)
      expect(status).toBe(200)
      expect(json).toMatchObject({
        refund_id: expect.stringMatching(/^\d+$/),
        out_refund_no: 'R1',
        out_trade_no: 'order-0001',
        channel: 'ORIGINAL',
        status: 'PROCESSING',
        funds_account: 'AVAILABLE',
        amount: { total: 10_000, refund: 1000, payer_total: 10_000, payer_refund: 1000, currency: 'CNY' },
        promotion_detail: [],
      })
      const query = async () => (await wechat.merchant.queryRefund('R1')).json
      await expect.poll(query).toMatchObject({ status: 'SUCCESS', success_time: expect.stringMatching(/\+08:00$/) })
    }),
  )

  it.for<[string, Record<string, unknown>]>([
    ['both transaction_id and out_trade_no', { transaction_id: '4200000000202611220000000000' }],
    ['neither transaction_id nor out_trade_no', { out_trade_no: undefined }],
    ['a reason of 81 bytes', { reason: '房'.repeat(27) }],
    ['a number of 65 characters', { out_refund_no: 'R'.repeat(65) }],
    ['a number with an undocumented character', { out_refund_no: 'R#1' }],
    ['a notify_url with a query', { notify_url: 'https://example.com/notify?a=1' }],
    ['no currency', { amount: { refund: 1, total: 10_000 } }],
    ['an appid', { appid: 'wx0000000000000000' }],
    ['a mchid', { mchid: '1900000001' }],
  ])('a refund with %s is refused with PARAM_ERROR', ([, changes], context) =>
    played(async (wechat) => {
      await givenPaid(wechat)
      expect(await refund(wechat, 'R1', 1000, changes)).toMatchObject({ status: 400, code: 'PARAM_ERROR' })
    })(context),
  )

  it(
    'a refund with a reason of 80 bytes and a number of 64 characters is accepted',
    played(async (wechat) => {
      await givenPaid(wechat)
      const reason = `${'房'.repeat(26)}ab`
      expect((await refund(wechat, `a_-|*@${'R'.repeat(58)}`, 1000, { reason })).status).toBe(200)
    }),
  )

  it(
    'a refund may name its order by transaction_id',
    played(async (wechat) => {
      const { transactionId } = await givenPaid(wechat)
      const changes = { out_trade_no: undefined, transaction_id: transactionId }
      expect(await refund(wechat, 'R1', 1000, changes)).toMatchObject({
        status: 200,
        json: { out_trade_no: 'order-0001' },
      })
    }),
  )

  it(
    'the same refund number with the same parameters is the same refund',
    played(async (wechat) => {
      await givenPaid(wechat)
      const [first, second] = [await refund(wechat, 'R1', 1000), await refund(wechat, 'R1', 1000)]
      expect(second.json.refund_id).toBe(first.json.refund_id)
      expect(wechat.sandbox.ledger.refunds.size).toBe(1)
    }),
  )

  it(
    'the same refund number with other parameters is refused',
    played(async (wechat) => {
      await givenPaid(wechat)
      await refund(wechat, 'R1', 1000)
      expect(await refund(wechat, 'R1', 999)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
      expect(await refund(wechat, 'R1', 1000, { reason: 'x' })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    }),
  )

  it(
    'a new refund number is a second refund',
    played(async (wechat) => {
      await givenPaid(wechat)
      const [first, second] = [await refund(wechat, 'R1', 1000), await refund(wechat, 'R2', 1000)]
      expect(second.json.refund_id).not.toBe(first.json.refund_id)
    }),
  )

  it(
    'refunds never exceed what was paid',
    played(async (wechat) => {
      await givenPaid(wechat)
      await refund(wechat, 'R1', 6000)
      expect(await refund(wechat, 'R2', 4001)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
      expect((await refund(wechat, 'R3', 4000)).status).toBe(200)
    }),
  )

  it(
    'a refund needs a paid order and its right total',
    played(async (wechat) => {
      await wechat.merchant.prepay('order-0001')
      expect((await refund(wechat, 'R1', 1)).code).toBe('INVALID_REQUEST')
      wechat.sandbox.payLate('order-0001')
      const wrong = { amount: { refund: 1, total: 9999, currency: 'CNY' } }
      expect((await refund(wechat, 'R1', 1, wrong)).code).toBe('INVALID_REQUEST')
      const unknown = { out_trade_no: 'order-0002' }
      expect(await refund(wechat, 'R1', 1, unknown)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' })
    }),
  )

  it(
    'two refunds of one order are a minute apart',
    played(
      async (wechat) => {
        await givenPaid(wechat)
        await refund(wechat, 'R1', 1000)
        expect(await refund(wechat, 'R2', 1000)).toMatchObject({ status: 429, code: 'FREQUENCY_LIMITED' })
        wechat.later(MINUTE_MS)
        expect((await refund(wechat, 'R2', 1000)).status).toBe(200)
      },
      { refundIntervalMs: MINUTE_MS },
    ),
  )

  it(
    'an order is refunded within a year, in at most 50 parts',
    played(async (wechat) => {
      await givenPaid(wechat)
      for (let part = 1; part <= 50; part++) expect((await refund(wechat, `R${part}`, 1)).status).toBe(200)
      expect((await refund(wechat, 'R51', 1)).code).toBe('INVALID_REQUEST')
      await wechat.merchant.prepay('order-0002')
      wechat.sandbox.payLate('order-0002')
      wechat.later(YEAR_MS + 1000)
      expect((await refund(wechat, 'S1', 1, { out_trade_no: 'order-0002' })).code).toBe('INVALID_REQUEST')
    }),
  )

  it(
    'an ABNORMAL refund is applied for again under its own number',
    played(async (wechat) => {
      const { merchant, sandbox } = wechat
      await givenPaid(wechat)
      sandbox.faults.add({ endpoint: 'refund', kind: 'ends-abnormal', times: 1 })
      const { json } = await refund(wechat, 'R1', 10_000)
      const status = async () => (await merchant.queryRefund('R1')).json.status
      await expect.poll(status).toBe('ABNORMAL')
      const path = `/v3/refund/domestic/refunds/${String(json.refund_id)}/apply-abnormal-refund`
      const applied = await merchant.call('POST', path, { out_refund_no: 'R1', type: 'MERCHANT_BANK_CARD' })
      expect(applied).toMatchObject({ status: 200, json: { out_refund_no: 'R1', status: 'PROCESSING' } })
      await expect.poll(status).toBe('SUCCESS')
    }),
  )

  it(
    'a CLOSED refund moved no money, and a new number may refund it',
    played(async (wechat) => {
      await givenPaid(wechat)
      wechat.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-closed', times: 1 })
      await refund(wechat, 'R1', 10_000)
      await expect.poll(async () => (await wechat.merchant.queryRefund('R1')).json.status).toBe('CLOSED')
      expect((await refund(wechat, 'R1', 10_000)).json.status).toBe('CLOSED')
      expect((await refund(wechat, 'R2', 10_000)).status).toBe(200)
    }),
  )

  it(
    'payer_refund of a coupon order is the payer’s share, and the parts add up to what was paid',
    played(async (wechat) => {
      await givenPaid(wechat, 3333)
      const parts = []
      for (const [number, fen] of [
        ['R1', 3333],
        ['R2', 3333],
        ['R3', 3334],
      ] as const) {
        const { json } = await refund(wechat, number, fen)
        const amount = json.amount as Record<string, number>
        expect(amount.discount_refund).toBe(fen - (amount.payer_refund ?? 0))
        expect(json.promotion_detail).toMatchObject([
          { scope: 'GLOBAL', type: 'COUPON', refund_amount: amount.discount_refund },
        ])
        parts.push(amount.payer_refund ?? 0)
      }
      expect(parts[0]).toBe(Math.round((3333 * 6667) / 10_000))
      expect(parts.reduce((sum, part) => sum + part)).toBe(6667)
    }),
  )
})
