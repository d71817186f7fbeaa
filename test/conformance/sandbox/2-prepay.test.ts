import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signMessage } from '../../../src/wechat/signature.ts'
import { type PlayedWechat, played, rfc3339 } from './rules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

async function prepay({ merchant }: Pick<PlayedWechat, 'merchant'>, changes: Record<string, unknown> = {}) {
  const body = merchant.prepayBody('order-0001', changes)
  const { status, json } = await merchant.call('POST', '/v3/pay/transactions/jsapi', body)
  return { status, code: json.code, prepayId: String(json.prepay_id) }
}

const url = (length: number) => 'https://example.com/'.padEnd(length, 'a')

describe('2 Prepay', () => {
  it.for<[string, Record<string, unknown>]>([
    ['a description of 127 characters', { description: '房'.repeat(127) }],
    ['a number of 6 characters', { out_trade_no: 'a_-|*1' }],
    ['a number of 32 characters', { out_trade_no: 'a'.repeat(32) }],
    ['an attach of 128 characters', { attach: '房'.repeat(128) }],
    ['a notify_url of 255 characters', { notify_url: url(255) }],
    ['a total of 1 fen', { amount: { total: 1, currency: 'CNY' } }],
    ['a total without a currency', { amount: { total: 1 } }],
    ['a time_expire within 90 days', { time_expire: rfc3339(Date.now() + 89 * 24 * HOUR_MS) }],
  ])('prepay accepts %s', ([, changes], context) =>
    played(async (wechat) => {
      expect(await prepay(wechat, changes)).toMatchObject({ status: 200, prepayId: expect.stringMatching(/^wx/) })
    })(context),
  )

  it.for<[string, Record<string, unknown>]>([
    ['a description of 128 characters', { description: '房'.repeat(128) }],
    ['an empty description', { description: '' }],
    ['a number of 5 characters', { out_trade_no: 'abcde' }],
    ['a number of 33 characters', { out_trade_no: 'a'.repeat(33) }],
    ['a number with an undocumented character', { out_trade_no: 'order/0001' }],
    ['an attach of 129 characters', { attach: 'a'.repeat(129) }],
    ['a notify_url of 256 characters', { notify_url: url(256) }],
    ['a notify_url with a query', { notify_url: 'https://example.com/notify?a=1' }],
    ['a notify_url over http', { notify_url: 'http://example.com/notify' }],
    ['a total of 0', { amount: { total: 0, currency: 'CNY' } }],
    ['a total with a fraction', { amount: { total: 0.5, currency: 'CNY' } }],
    ['a currency other than CNY', { amount: { total: 1, currency: 'USD' } }],
    ['a time_expire with milliseconds', { time_expire: '2026-06-01T16:15:00.000+08:00' }],
    ['a time_expire in more than 90 days', { time_expire: rfc3339(Date.now() + 91 * 24 * HOUR_MS) }],
    ['an openid of 129 characters', { payer: { openid: 'o'.repeat(129) } }],
    ['an undocumented field', { total_fee: 1 }],
    ['an undocumented nested field', { payer: { openid: 'o_alice', sp_openid: 'o_alice' } }],
  ])('prepay refuses %s with PARAM_ERROR', ([, changes], context) =>
    played(async (wechat) => {
      expect(await prepay(wechat, changes)).toMatchObject({ status: 400, code: 'PARAM_ERROR' })
    })(context),
  )

  it(
    'prepay refuses an appid not bound to the merchant with APPID_MCHID_NOT_MATCH',
    played(async (wechat) => {
      const refused = await prepay(wechat, { appid: 'wx0000000000000000' })
      expect(refused).toMatchObject({ status: 400, code: 'APPID_MCHID_NOT_MATCH' })
    }),
  )

  it(
    'prepay of the same number with identical parameters gives a fresh prepay_id',
    played(async (wechat) => {
      const [first, second] = [await prepay(wechat), await prepay(wechat)]
      expect([first.status, second.status]).toEqual([200, 200])
      expect(second.prepayId).not.toBe(first.prepayId)
    }),
  )

  it.for<Record<string, unknown>>([
    { amount: { total: 9999, currency: 'CNY' } },
    { description: 'another' },
    { time_expire: rfc3339(Date.now() + HOUR_MS) },
    { payer: { openid: 'o_bob' } },
    { notify_url: 'https://example.com/other' },
    { attach: 'another' },
  ])('prepay of the same number with another %o is refused', (changes, context) =>
    played(async (wechat) => {
      await prepay(wechat)
      expect(await prepay(wechat, changes)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    })(context),
  )

  it(
    'prepay of a number that is paid, closed or expired is refused',
    played(async (wechat) => {
      const { merchant, sandbox, later } = wechat
      const prepayAgain = async (out_trade_no: string, more: Record<string, unknown> = {}) =>
        (await prepay(wechat, { out_trade_no, ...more })).code
      for (const number of ['order-paid', 'order-closed']) await merchant.prepay(number)
      sandbox.payLate('order-paid')
      await merchant.close('order-closed')
      expect(await prepayAgain('order-paid')).toBe('ORDERPAID')
      expect(await prepayAgain('order-closed')).toBe('ORDER_CLOSED')
      const deadline = { time_expire: rfc3339(wechat.now() + 5 * MINUTE_MS) }
      await merchant.prepay('order-expired', deadline)
      later(5 * MINUTE_MS)
      expect(await prepayAgain('order-expired', deadline)).toBe('ORDER_CLOSED')
    }),
  )

  it(
    'a time_expire less than a minute ahead is moved to one minute',
    played(async (wechat) => {
      const { prepayId } = await prepay(wechat, { time_expire: rfc3339(wechat.now()) })
      wechat.later(58_000)
      wechat.sandbox.pay(await wechat.merchant.payParameters(prepayId))
      expect((await wechat.merchant.query('order-0001')).json.trade_state).toBe('SUCCESS')
    }),
  )

  it(
    'time_expire ends the time to pay, and does not close the order',
    played(async (wechat) => {
      const { prepayId } = await prepay(wechat, { time_expire: rfc3339(wechat.now() + 10 * MINUTE_MS) })
      wechat.later(10 * MINUTE_MS)
      const parameters = await wechat.merchant.payParameters(prepayId)
      expect(() => wechat.sandbox.pay(parameters)).toThrow('time_expire')
      expect((await wechat.merchant.query('order-0001')).json.trade_state).toBe('NOTPAY')
    }),
  )

  it(
    'a prepay_id is valid for 2 hours whatever time_expire says',
    played(async (wechat) => {
      const { prepayId } = await prepay(wechat)
      wechat.later(2 * HOUR_MS)
      const parameters = await wechat.merchant.payParameters(prepayId)
      expect(() => wechat.sandbox.pay(parameters)).toThrow('2 hours')
      const fresh = await prepay(wechat)
      wechat.sandbox.pay(await wechat.merchant.payParameters(fresh.prepayId))
      expect((await wechat.merchant.query('order-0001')).json.trade_state).toBe('SUCCESS')
    }),
  )
})

describe('2 wx.requestPayment', () => {
  it(
    'paySign covers appId, timeStamp, nonceStr and prepay_id=…, each followed by LF',
    played(async (wechat) => {
      const { prepayId } = await prepay(wechat)
      const parameters = await wechat.merchant.payParameters(prepayId)
      const lines = [parameters.appId, parameters.timeStamp, parameters.nonceStr, parameters.package]
      const key = createPrivateKey(wechat.credentials.mchPrivateKey)
      const sign = (message: string) => signMessage(key, message)
      const bare = await sign(`${[...lines.slice(0, 3), prepayId].join('\n')}\n`)
      const unended = await sign(lines.join('\n'))
      for (const paySign of [bare, unended]) {
        expect(() => wechat.sandbox.pay({ ...parameters, paySign })).toThrow('paySign')
      }
      const paySign = await sign(`${lines.join('\n')}\n`)
      expect(wechat.sandbox.pay({ ...parameters, paySign }).transactionId).toMatch(/^4200\d{24}$/)
    }),
  )

  it(
    'an order can be paid once',
    played(async (wechat) => {
      const { prepayId } = await prepay(wechat)
      const parameters = await wechat.merchant.payParameters(prepayId)
      wechat.sandbox.pay(parameters)
      expect(() => wechat.sandbox.pay(parameters)).toThrow('已支付')
    }),
  )
})
