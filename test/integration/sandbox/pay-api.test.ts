import { describe, expect, it } from 'vitest'
import { merchantOf, startSandbox } from './merchant.ts'

const start = async (options = {}) => {
  const sandbox = await startSandbox(options)
  return { sandbox, merchant: merchantOf(sandbox) }
}
const prepayPath = '/v3/pay/transactions/jsapi'

describe('prepay', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an unknown field', { sub_mchid: '1' }],
    ['an unknown field inside', { amount: { total: 1, currency: 'CNY', tax: 1 } }],
    ['no description', { description: undefined }],
    ['128 characters of description', { description: '房'.repeat(128) }],
    ['a number that is too short', { out_trade_no: 'abc12' }],
    ['a number that is too long', { out_trade_no: 'a'.repeat(33) }],
    ['a number with a slash', { out_trade_no: '../../x' }],
    ['129 characters of attach', { attach: 'a'.repeat(129) }],
    ['milliseconds in time_expire', { time_expire: '2026-11-22T00:00:00.000+08:00' }],
    ['time_expire in more than 90 days', { time_expire: '2099-01-01T00:00:00+08:00' }],
    ['a day that does not exist', { time_expire: '2026-13-41T00:00:00+08:00' }],
    ['a notify_url with a query', { notify_url: 'https://example.com/notify?a=1' }],
    ['a notify_url without TLS', { notify_url: 'http://example.com/notify' }],
    ['a notify_url of 256 characters', { notify_url: `https://example.com/${'a'.repeat(236)}` }],
    ['nothing to pay', { amount: { total: 0 } }],
    ['a fraction of a fen', { amount: { total: 1.5 } }],
    ['an amount as text', { amount: { total: '100' } }],
    ['another currency', { amount: { total: 100, currency: 'USD' } }],
    ['no payer', { payer: {} }],
  ])('prepay refuses %s', async (_name, changes) => {
    const { merchant } = await start()
    const reply = await merchant.call('POST', prepayPath, merchant.prepayBody('order-0001', changes))
    expect(reply).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })

  it('prepay accepts every field at its limit', async () => {
    const { merchant } = await start()
    const url = `https://example.com/${'a'.repeat(235)}`
    const changes = {
      description: '😀'.repeat(127),
      attach: '备'.repeat(128),
      notify_url: url,
      time_expire: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, '+00:00'),
      goods_tag: 'WXG',
      support_fapiao: false,
      detail: { cost_price: 1, goods_detail: [{ merchant_goods_id: '1', quantity: 1, unit_price: 1 }] },
      scene_info: { payer_client_ip: '127.0.0.1', store_info: { id: '1' } },
      settle_info: { profit_sharing: false },
      limit_pay: ['no_credit'],
    }
    const reply = await merchant.call('POST', prepayPath, merchant.prepayBody('a_-|*1', changes))
    expect(reply).toMatchObject({ status: 200, json: { prepay_id: expect.stringMatching(/^wx\d{14}[0-9a-f]{20}$/) } })
  })

  it('prepay refuses an appid or a mchid that is not the signer’s', async () => {
    const { merchant } = await start()
    const prepayWith = (changes: Record<string, unknown>) =>
      merchant.call('POST', prepayPath, merchant.prepayBody('order-0001', changes))
    expect((await prepayWith({ appid: 'wx0000000000000000' })).json.code).toBe('APPID_MCHID_NOT_MATCH')
    expect((await prepayWith({ mchid: '1900000001' })).json.code).toBe('MCH_NOT_EXISTS')
  })

  it('prepay gives a fresh prepay_id for the same parameters in any order', async () => {
    const { merchant } = await start()
    const first = await merchant.prepay('order-0001')
    const body = Object.fromEntries(Object.entries(merchant.prepayBody('order-0001')).toReversed())
    const second = await merchant.call('POST', prepayPath, body)
    expect(second.status).toBe(200)
    expect(second.json.prepay_id).not.toBe(first)
  })

  it.each([
    { description: 'other' },
    { amount: { total: 9999, currency: 'CNY' } },
    { payer: { openid: 'o_bob' } },
    { attach: 'new' },
    { time_expire: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z') },
  ])('prepay refuses the same out_trade_no with another %o', async (changes) => {
    const { merchant } = await start()
    await merchant.prepay('order-0001')
    const reply = await merchant.call('POST', prepayPath, merchant.prepayBody('order-0001', changes))
    expect(reply).toMatchObject({
      status: 400,
      json: { code: 'INVALID_REQUEST', message: '请求重入时，参数与首次请求时不一致' },
    })
  })

  it('prepay refuses an out_trade_no that is paid, closed or expired', async () => {
    let clock = Date.now()
    const { sandbox, merchant } = await start({ now: () => new Date(clock) })
    const again = (number: string, changes: Record<string, unknown> = {}) =>
      merchant.call('POST', prepayPath, merchant.prepayBody(number, changes))
    await merchant.prepay('order-paid')
    sandbox.payLate('order-paid')
    expect(await again('order-paid')).toMatchObject({ status: 400, json: { code: 'ORDERPAID' } })
    expect(await again('order-paid', { attach: 'x' })).toMatchObject({
      status: 403,
      json: { code: 'OUT_TRADE_NO_USED' },
    })
    await merchant.prepay('order-closed')
    await merchant.close('order-closed')
    expect(await again('order-closed')).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } })
    const soon = { time_expire: new Date(clock).toISOString().replace(/\.\d+Z$/, 'Z') }
    await merchant.prepay('order-expiring', soon)
    clock += 59_000
    expect((await again('order-expiring', soon)).status).toBe(200)
    clock += 2000
    expect(await again('order-expiring', soon)).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } })
  })

  it('prepay refuses a body that is not JSON', async () => {
    const { merchant } = await start()
    expect((await merchant.call('POST', prepayPath, '{')).json.code).toBe('PARAM_ERROR')
  })
})

describe('a query', () => {
  it('a query returns the state of an unpaid order, and the whole transaction of a paid one', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001', { attach: 'room 7' })
    expect((await merchant.query('order-0001')).json).toEqual({
      appid: sandbox.credentials.appid,
      mchid: sandbox.credentials.mchid,
      out_trade_no: 'order-0001',
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
    })
    const { transactionId } = sandbox.payLate('order-0001', 100)
    const byId = await merchant.call(
      'GET',
      `/v3/pay/transactions/id/${transactionId}?mchid=${sandbox.credentials.mchid}`,
    )
    expect(byId.json).toEqual((await merchant.query('order-0001')).json)
    expect(byId.json).toMatchObject({
      transaction_id: expect.stringMatching(/^4200\d{24}$/),
      trade_type: 'JSAPI',
      trade_state: 'SUCCESS',
      attach: 'room 7',
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      payer: { openid: 'o_alice' },
      amount: { total: 10_000, payer_total: 9900, currency: 'CNY', payer_currency: 'CNY' },
      promotion_detail: [{ amount: 100, wechatpay_contribute: 100 }],
    })
  })

  it('a query refuses unknown numbers and merchants, and undocumented parameters', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001')
    const { mchid } = sandbox.credentials
    const get = async (path: string) => {
      const reply = await merchant.call('GET', `/v3/pay/transactions/${path}`)
      return [reply.status, reply.json.code]
    }
    expect(await get(`out-trade-no/order-0002?mchid=${mchid}`)).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(await get(`out-trade-no/order%200001?mchid=${mchid}`)).toEqual([400, 'PARAM_ERROR'])
    expect(await get('out-trade-no/order-0001?mchid=1900000001')).toEqual([400, 'MCH_NOT_EXISTS'])
    expect(await get('out-trade-no/order-0001')).toEqual([400, 'PARAM_ERROR'])
    expect(await get(`out-trade-no/order-0001?mchid=${mchid}&x=1`)).toEqual([400, 'PARAM_ERROR'])
    expect(await get(`id/4200000000000000000000000000?mchid=${mchid}`)).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(await get(`id/1?mchid=${mchid}`)).toEqual([500, 'INVALID_TRANSACTIONID'])
  })
})

describe('a close', () => {
  it('a close of an unpaid order may be repeated', async () => {
    const { merchant } = await start()
    await merchant.prepay('order-0001')
    expect((await merchant.close('order-0001')).status).toBe(204)
    expect((await merchant.close('order-0001')).status).toBe(204)
    expect((await merchant.query('order-0001')).json).toMatchObject({ trade_state: 'CLOSED' })
  })

  it('a close is refused when the order is paid or unknown, or the body has another field', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    expect(await merchant.close('order-0001')).toMatchObject({ status: 400, json: { code: 'ORDERPAID' } })
    expect(await merchant.close('order-0002')).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } })
    const path = '/v3/pay/transactions/out-trade-no/order-0001/close'
    const withReason = { mchid: sandbox.credentials.mchid, reason: 'x' }
    expect(await merchant.call('POST', path, withReason)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })

  it('a close under the fault paid-meanwhile is answered with 204, and the order is paid', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001')
    sandbox.faults.add({ endpoint: 'close', kind: 'paid-meanwhile', match: 'order-0001', times: 1 })
    expect((await merchant.close('order-0001')).status).toBe(204)
    expect((await merchant.query('order-0001')).json).toMatchObject({ trade_state: 'SUCCESS' })
    expect((await merchant.close('order-0001')).json).toMatchObject({ code: 'ORDERPAID' })
  })
})
