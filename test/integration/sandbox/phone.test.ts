import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

async function payOverHttp(url: string, body: unknown) {
  const response = await fetch(`${url}/sandbox/pay`, { method: 'POST', body: JSON.stringify(body) })
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  }
}

describe('the buyer’s phone', () => {
  it('the phone pays with the parameters of wx.requestPayment, and the merchant gets a notice', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant)
    const prepayId = await merchant.prepay('order-0001', { notify_url: receiver.url })
    const reply = await payOverHttp(sandbox.url, { ...(await merchant.payParameters(prepayId)), coupon: 500 })
    expect(reply).toMatchObject({ status: 200, json: { transactionId: expect.stringMatching(/^4200\d{24}$/) } })
    await expect.poll(() => receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      isSigned: true,
      content: { transaction_id: reply.json.transactionId, amount: { total: 10_000, payer_total: 9500 } },
    })
  })

  it.each<[string, Record<string, unknown>, number, string]>([
    ['a changed package', { package: 'prepay_id=wx0' }, 401, 'SIGN_ERROR'],
    ['a changed timeStamp', { timeStamp: '1700000000' }, 401, 'SIGN_ERROR'],
    ['another app', { appId: 'wx0000000000000000' }, 400, 'PARAM_ERROR'],
    ['another signature type', { signType: 'MD5' }, 400, 'PARAM_ERROR'],
    ['a number for a timeStamp', { timeStamp: 1_700_000_000 }, 400, 'PARAM_ERROR'],
    ['a coupon worth more than the order', { coupon: 10_001 }, 400, 'PARAM_ERROR'],
  ])('the phone refuses %s', async (_name, changes, status, code) => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const parameters = await merchant.payParameters(await merchant.prepay('order-0001'))
    expect(await payOverHttp(sandbox.url, { ...parameters, ...changes })).toMatchObject({ status, json: { code } })
    expect((await merchant.query('order-0001')).json.trade_state).toBe('NOTPAY')
  })

  it('the phone refuses parameters signed long ago, and a prepay_id that was never issued', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const stale = await merchant.payParameters(await merchant.prepay('order-0001'), '1700000000')
    expect(await payOverHttp(sandbox.url, stale)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
    const invented = await merchant.payParameters('wx20261122000000aaaaaaaaaaaaaaaaaaaa')
    expect(await payOverHttp(sandbox.url, invented)).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } })
  })

  it('the phone refuses an order that is paid, closed or expired, and a prepay_id older than 2 hours', async () => {
    let clock = Date.now()
    const sandbox = await startSandbox({ now: () => new Date(clock) })
    const merchant = merchantOf(sandbox)
    const seconds = () => String(Math.floor(clock / 1000))
    const tap = async (prepayId: string) => {
      const { status, json } = await payOverHttp(sandbox.url, await merchant.payParameters(prepayId, seconds()))
      return [status, json.code]
    }
    const paid = await merchant.prepay('order-paid')
    const paidAgain = await merchant.prepay('order-paid')
    await tap(paid)
    expect(await tap(paid)).toEqual([400, 'ORDERPAID'])
    expect(await tap(paidAgain)).toEqual([400, 'ORDERPAID'])
    const closed = await merchant.prepay('order-closed')
    await merchant.close('order-closed')
    expect(await tap(closed)).toEqual([400, 'ORDER_CLOSED'])
    const expiring = await merchant.prepay('order-expiring', {
      time_expire: new Date(clock + 600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    })
    const old = await merchant.prepay('order-old')
    clock += 601_000
    expect(await tap(expiring)).toEqual([400, 'ORDER_CLOSED'])
    clock += 7_200_000
    expect(await tap(old)).toEqual([400, 'INVALID_REQUEST'])
  })
})
