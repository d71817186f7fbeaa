import { describe, expect, test } from 'vitest'
import { WechatInputError } from '../../../src/wechat/errors.ts'
import type { WechatPay } from '../../../src/wechat/merchant.ts'
import { closeByOutTradeNo, openWechatPay, queryByOutTradeNo, signPayParams } from '../../../src/wechat/pay.ts'
import { createSignedParams } from '../../../src/wechat/pay-params.ts'
import { buildPrepayBody } from '../../../src/wechat/prepay-body.ts'
import { payMessage, verifyMessage } from '../../../src/wechat/signature.ts'
import { givenWechatPay, merchantConfig, merchantPublicKey } from './fake-wechat.ts'

const input = {
  appid: merchantConfig.appid,
  mchid: merchantConfig.mchid,
  description: '民宿 2 晚',
  outTradeNo: 'PX000001',
  timeExpire: new Date('2026-06-01T08:15:00.987Z'),
  notifyUrl: merchantConfig.notifyUrl,
  totalFen: 12_345,
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
}
const order = { outTradeNo: 'PX|0*0-1', mchid: merchantConfig.mchid }
const unpaid = {
  appid: merchantConfig.appid,
  mchid: merchantConfig.mchid,
  out_trade_no: order.outTradeNo,
  trade_state: 'NOTPAY',
  trade_state_desc: '订单未支付',
  transaction_id: '',
  a_field_of_tomorrow: 1,
}

describe('the body of a prepay call', () => {
  test('builds a prepay body with the documented fields only', () => {
    expect(JSON.parse(buildPrepayBody(input))).toEqual({
      appid: input.appid,
      mchid: input.mchid,
      description: '民宿 2 晚',
      out_trade_no: 'PX000001',
      time_expire: '2026-06-01T16:15:00+08:00',
      notify_url: input.notifyUrl,
      amount: { total: 12_345, currency: 'CNY' },
      payer: { openid: input.openid },
    })
    expect(JSON.parse(buildPrepayBody({ ...input, attach: 'x' }))).toHaveProperty('attach', 'x')
  })

  test('builds the same prepay body every time', () => {
    expect(buildPrepayBody(input)).toBe(buildPrepayBody({ ...input }))
  })

  test.each([
    ['a'.repeat(200), 'a'.repeat(127)],
    [`${'a'.repeat(126)}😀`, 'a'.repeat(126)],
    ['民'.repeat(128), '民'.repeat(127)],
    [' two\r\nlines\u0000 ', 'two lines'],
  ])('shortens the description of a prepay between characters: %j', (description, expected) => {
    expect(JSON.parse(buildPrepayBody({ ...input, description }))).toMatchObject({ description: expected })
  })

  test.each<[string, Partial<typeof input> & { attach?: string }]>([
    ['description', { description: ' \n' }],
    ['out_trade_no', { outTradeNo: 'short' }],
    ['out_trade_no', { outTradeNo: 'a'.repeat(33) }],
    ['out_trade_no', { outTradeNo: '../../x' }],
    ['amount.total', { totalFen: 0 }],
    ['amount.total', { totalFen: 1.5 }],
    ['amount.total', { totalFen: 2_147_483_648 }],
    ['openid', { openid: '' }],
    ['openid', { openid: 'a b' }],
    ['openid', { openid: 'a'.repeat(129) }],
    ['appid', { appid: 'a'.repeat(33) }],
    ['mchid', { mchid: 'abc' }],
    ['time_expire', { timeExpire: new Date(Number.NaN) }],
    ['notify_url', { notifyUrl: 'https://shop.example/notify?x=1' }],
    ['notify_url', { notifyUrl: 'http://shop.example/notify' }],
    ['notify_url', { notifyUrl: 'https://user:pass@shop.example/notify' }],
    ['notify_url', { notifyUrl: `https://shop.example/${'a'.repeat(255)}` }],
    ['notify_url', { notifyUrl: 'not a url' }],
    ['attach', { attach: 'a'.repeat(129) }],
  ])('rejects a prepay body with a wrong %s', (field, wrong) => {
    const build = () => buildPrepayBody({ ...input, ...wrong })
    expect(build).toThrow(WechatInputError)
    expect(build).toThrow(expect.objectContaining({ field }))
  })

  test.each(['http://localhost:4010/n', 'http://127.0.0.1/n', 'http://[::1]:80/n'])(
    'accepts the notify URL %s of a sandbox',
    (notifyUrl) => {
      expect(JSON.parse(buildPrepayBody({ ...input, notifyUrl }))).toHaveProperty('notify_url', notifyUrl)
    },
  )
})

describe('a query', () => {
  test('parses the query of an unpaid order, in which most fields are missing', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ body: JSON.stringify(unpaid) }))
    const found = await queryByOutTradeNo(wechat, order)
    expect(found).toEqual({
      appid: unpaid.appid,
      mchid: unpaid.mchid,
      outTradeNo: order.outTradeNo,
      tradeState: 'NOTPAY',
      tradeStateDesc: '订单未支付',
      raw: unpaid,
    })
    expect(received[0]?.path).toBe(`/v3/pay/transactions/out-trade-no/PX%7C0*0-1?mchid=${order.mchid}`)
  })

  test.each([
    ['number', { ...unpaid, out_trade_no: 'PX000002' }],
    ['merchant', { ...unpaid, mchid: '1900000002' }],
  ])('rejects an answer to a query about another %s', async (_what, answer) => {
    const { wechat } = await givenWechatPay(() => ({ body: JSON.stringify(answer) }))
    await expect(queryByOutTradeNo(wechat, order)).rejects.toMatchObject({ outcomeUnknown: true, action: 'query' })
  })

  test.each(['../../certificates?x=', 'PX0001/close', 'PX 0001'])(
    'does not send a query for %j, which would change the path',
    async (outTradeNo) => {
      const { wechat, received } = await givenWechatPay(() => ({}))
      await expect(queryByOutTradeNo(wechat, { ...order, outTradeNo })).rejects.toThrow(WechatInputError)
      expect(received).toHaveLength(0)
    },
  )
})

describe('a close', () => {
  test('closes an order by a signed 204', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ status: 204 }))
    await closeByOutTradeNo(wechat, order)
    expect(received[0]).toMatchObject({
      method: 'POST',
      path: '/v3/pay/transactions/out-trade-no/PX%7C0*0-1/close',
      body: `{"mchid":"${order.mchid}"}`,
    })
  })

  test('reports a close as unknown after a signed 200', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 200, body: '{}' }))
    await expect(closeByOutTradeNo(wechat, order)).rejects.toMatchObject({ outcomeUnknown: true, action: 'query' })
  })

  test('reports a close as unknown after an unsigned 204', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 204, signedBy: 'nobody' }))
    await expect(closeByOutTradeNo(wechat, order)).rejects.toMatchObject({ outcomeUnknown: true })
  })
})

describe('the parameters of wx.requestPayment', () => {
  test('signs the parameters of wx.requestPayment, including the prefix of the package', async () => {
    const { wechat } = await givenWechatPay(() => ({}), { now: () => new Date('2026-06-01T08:00:00.999Z') })
    const params = await signPayParams(wechat, { appid: input.appid, prepayId: 'wx1' })
    expect(params).toMatchObject({
      appId: input.appid,
      timeStamp: '1780300800',
      package: 'prepay_id=wx1',
      signType: 'RSA',
    })
    expect(verifyMessage(merchantPublicKey, payMessage(params), params.paySign)).toBe(true)
  })
})

function sign(wechat: WechatPay, prepayId: string) {
  return signPayParams(wechat, { appid: input.appid, prepayId })
}

describe('signed parameters', () => {
  test('are the same within 4 s, and at once', async () => {
    let nowMs = Date.parse('2026-06-01T08:00:00Z')
    const { wechat } = await givenWechatPay(() => ({}), { now: () => new Date(nowMs) })
    const [first, atOnce] = await Promise.all([sign(wechat, 'wx1'), sign(wechat, 'wx1')])
    expect(atOnce).toEqual(first)
    expect((await sign(wechat, 'wx2')).nonceStr).not.toBe(first.nonceStr)
    nowMs += 3_999
    expect(await sign(wechat, 'wx1')).toEqual(first)
    nowMs += 1
    const later = await sign(wechat, 'wx1')
    expect(later).toMatchObject({ timeStamp: String(Number(first.timeStamp) + 4), package: first.package })
    expect(later.nonceStr).not.toBe(first.nonceStr)
  })

  test('are kept of the latest alone that fit into so many bytes, and of none whose signing failed', async () => {
    const params = createSignedParams(() => new Date(0), 20_000)
    let signed = 0
    const reuse = (key: string) =>
      params.reuse(key, async () => ({ nonceStr: `${signed++}` }) as Awaited<ReturnType<typeof sign>>)
    for (let key = 0; key < 100; key++) await reuse(`${key}`)
    expect(await reuse('99')).toEqual({ nonceStr: '99' })
    expect(await reuse('95')).toEqual({ nonceStr: '95' })
    expect(await reuse('80')).toEqual({ nonceStr: '100' })

    await expect(params.reuse('failed', () => Promise.reject(new Error('no key')))).rejects.toThrow('no key')
    expect(await reuse('failed')).toEqual({ nonceStr: '101' })
  })

  test('with a long key make room as well', async () => {
    const params = createSignedParams(() => new Date(0), 20_000)
    let signed = 0
    const reuse = (key: string) =>
      params.reuse(key, async () => ({ nonceStr: `${signed++}` }) as Awaited<ReturnType<typeof sign>>)
    await reuse('short')
    await reuse('l'.repeat(5_000))
    expect(await reuse('short')).toEqual({ nonceStr: '2' })
  })
})

describe('a merchant’s configuration', () => {
  test.each([
    ['private key', { mchPrivateKey: 'nonsense' }],
    ['APIv3 key', { apiV3Key: 'short' }],
    ['previous APIv3 key', { apiV3KeyPrevious: 'short' }],
    ['public key', { publicKey: { id: 'PUB_KEY_ID_1', pem: 'nonsense' } }],
    ['public key id', { publicKey: { id: '1', pem: merchantConfig.publicKey?.pem ?? '' } }],
    ['URL with a path', { apiUrl: 'https://api.mch.weixin.qq.com/v3' }],
    ['URL', { apiUrl: 'ftp://api.mch.weixin.qq.com' }],
  ])('rejects a merchant configuration with a wrong %s, without showing it', (_what, wrong) => {
    const open = () => openWechatPay({ ...merchantConfig, ...wrong }, { downloadCertificates: false })
    expect(open).toThrow(expect.objectContaining({ name: 'WechatKeyError' }))
    expect(open).not.toThrow(/nonsense|short/)
  })
})
