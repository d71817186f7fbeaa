import { createPrivateKey } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createNonce, signMessage } from '../../../src/wechat/signature.ts'
import { byName } from '../../unit/sources.ts'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

type Merchant = ReturnType<typeof merchantOf>

const scene = { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } }
const notNamed = { payer: undefined }

async function start() {
  const sandbox = await startSandbox({ billsAtOnce: true })
  const merchant = merchantOf(sandbox)
  const receiver = await startReceiver(merchant)
  const prepay = (way: string, outTradeNo: string, changes: Record<string, unknown> = {}) => {
    const body = merchant.prepayBody(outTradeNo, { ...notNamed, notify_url: receiver.url, ...changes })
    return merchant.call('POST', `/v3/pay/transactions/${way}`, body)
  }
  const post = async (path: string, body: unknown) => {
    const response = await fetch(sandbox.url + path, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  const pay = (body: unknown) => post('/sandbox/pay', body)
  return { sandbox, merchant, receiver, prepay, post, pay }
}

/** The fields of an app's call, signed. */
async function appCall(
  { credentials }: { credentials: { mchPrivateKey: string; appid: string; mchid: string } },
  prepayid: string,
) {
  const { appid, mchid, mchPrivateKey } = credentials
  const timestamp = String(Math.floor(Date.now() / 1000))
  const noncestr = createNonce()
  const message = [appid, timestamp, noncestr, prepayid, ''].join('\n')
  const sign = await signMessage(createPrivateKey(mchPrivateKey), message)
  return { appid, partnerid: mchid, prepayid, package: 'Sign=WXPay', noncestr, timestamp, sign }
}

async function billOf(merchant: Merchant): Promise<string> {
  const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
  const { json } = await merchant.call('GET', `/v3/bill/tradebill?bill_date=${day}&tar_type=GZIP`)
  const { pathname, search } = new URL(String(json.download_url))
  return gunzipSync((await merchant.call('GET', pathname + search)).bytes).toString()
}

describe('the ways to pay', () => {
  it('a Native, an H5 and an App order are paid by whoever comes, noticed, queried, refunded and billed', async () => {
    const { sandbox, merchant, receiver, prepay, pay } = await start()
    const native = await prepay('native', 'native-0001')
    expect(native.json).toEqual({ code_url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/) })
    const h5 = await prepay('h5', 'h5-0001', { scene_info: scene })
    expect(h5.json).toEqual({
      h5_url: expect.stringMatching(/^https:\/\/wx\.tenpay\.com\/.*prepay_id=wx\w+&package=\d+$/),
    })
    const app = await prepay('app', 'app-0001')
    expect(app.json).toEqual({ prepay_id: expect.stringMatching(/^wx/) })

    const redirected = { h5_url: `${String(h5.json.h5_url)}&redirect_url=https%3A%2F%2Fexample.com` }
    expect(await pay({ ...native.json, openid: 'scanner' })).toMatchObject({ status: 200 })
    expect(await pay({ ...redirected, openid: 'reader' })).toMatchObject({ status: 200 })
    expect(await pay(await appCall(sandbox, String(app.json.prepay_id)))).toMatchObject({ status: 200 })

    expect((await merchant.query('native-0001')).json).toMatchObject({
      trade_type: 'NATIVE',
      payer: { openid: 'scanner' },
    })
    expect((await merchant.query('h5-0001')).json).toMatchObject({ trade_type: 'MWEB', payer: { openid: 'reader' } })
    const paidInApp = { trade_type: 'APP', payer: { openid: expect.stringMatching(/^o\w{27}$/) } }
    expect((await merchant.query('app-0001')).json).toMatchObject(paidInApp)
    await expect
      .poll(() => receiver.received.map(({ content }) => String(content.trade_type)).toSorted(byName))
      .toEqual(['APP', 'MWEB', 'NATIVE'])
    expect(await merchant.refund(merchant.refundBody('h5-0001', 'R1', 100))).toMatchObject({ status: 200 })
    const bill = await billOf(merchant)
    expect(bill).toContain('`native-0001,`scanner,`NATIVE,`SUCCESS')
    expect(bill).toContain('`h5-0001,`reader,`MWEB,`REFUND')
  })

  it.each<[string, string, Record<string, unknown>, string]>([
    ['a Native order that names its payer', 'native', { payer: { openid: 'alice' } }, '/payer'],
    ['an H5 order without a scene', 'h5', {}, '/scene_info'],
    ['an H5 order without h5_info', 'h5', { scene_info: { payer_client_ip: '127.0.0.1' } }, '/scene_info/h5_info'],
    ['an App order with h5_info', 'app', { scene_info: scene }, '/scene_info/h5_info'],
    ['a JSAPI order without a payer', 'jsapi', {}, '/payer'],
  ])('%s is refused', async (_name, way, changes, field) => {
    const { prepay } = await start()
    expect(await prepay(way, 'order-0001', changes)).toMatchObject({
      status: 400,
      json: { code: 'PARAM_ERROR', detail: { field } },
    })
  })

  it('a number keeps its way to pay, and a prepay_id pays only in its own way', async () => {
    const { sandbox, merchant, prepay, pay } = await start()
    await prepay('native', 'order-0001')
    expect(await prepay('app', 'order-0001')).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } })
    const prepayId = await merchant.prepay('order-0002')
    expect(await pay(await appCall(sandbox, prepayId))).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
    const app = await prepay('app', 'order-0003')
    const forged = { ...(await appCall(sandbox, String(app.json.prepay_id))), noncestr: 'another' }
    expect(await pay(forged)).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } })
  })

  it('the number alone pays an order, for its own payer if it names one', async () => {
    const { merchant, prepay, pay } = await start()
    await merchant.prepay('order-0001')
    expect(await pay({ outTradeNo: 'order-0001', openid: 'o_bob' })).toMatchObject({ status: 400 })
    expect(await pay({ outTradeNo: 'order-0001' })).toMatchObject({ status: 200 })
    expect((await merchant.query('order-0001')).json).toMatchObject({
      trade_type: 'JSAPI',
      payer: { openid: 'o_alice' },
    })
    await prepay('native', 'order-0002')
    await merchant.close('order-0002')
    expect(await pay({ outTradeNo: 'order-0002' })).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } })
    // Parameters that don't verify aren't taken for a number.
    await prepay('native', 'order-0003')
    const mixed = { ...(await merchant.payParameters('wx1')), signType: 'MD5', outTradeNo: 'order-0003' }
    expect(await pay(mixed)).toMatchObject({
      status: 400,
      json: { code: 'PARAM_ERROR', detail: { field: '/signType' } },
    })
  })

  it('an h5_url works for five minutes of the sandbox’s clock, and the merchant’s signatures by the machine’s', async () => {
    const { merchant, prepay, post, pay } = await start()
    const { json } = await prepay('h5', 'order-0001', { scene_info: scene })
    expect(await post('/sandbox/clock', { aheadSeconds: 301 })).toMatchObject({ json: { aheadSeconds: 301 } })
    expect(await pay(json)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } })
    expect(await merchant.query('order-0001')).toMatchObject({ status: 200, isSigned: true })
    await post('/sandbox/clock', { aheadSeconds: 7 * 86_400 })
    expect(await pay({ outTradeNo: 'order-0001' })).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } })
  })
})
