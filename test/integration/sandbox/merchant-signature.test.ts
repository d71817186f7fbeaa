import { describe, expect, it } from 'vitest'
import { merchantOf, type Signing, startSandbox } from './merchant.ts'

const nowSeconds = () => Math.floor(Date.now() / 1000)

describe('a request to WeChat Pay', () => {
  it.each<[string, Signing]>([
    ['another body', { signedBody: '{}' }],
    ['another merchant', { mchid: '1900000001' }],
    ['another certificate', { serial: '0A1B2C3D4E5F60718293A4B5C6D7E8F901020304' }],
    ['a nonce that is too long', { nonce: 'a'.repeat(33) }],
    ['a nonce with other characters', { nonce: 'abcdefghijklmno-' }],
  ])('a request signed for %s is refused with the message that should have been signed', async (_name, signing) => {
    const merchant = merchantOf(await startSandbox())
    const reply = await merchant.call('POST', '/v3/pay/transactions/jsapi', merchant.prepayBody('order-0001'), signing)
    expect(reply).toMatchObject({
      status: 401,
      json: {
        code: 'SIGN_ERROR',
        detail: {
          sign_information: {
            method: 'POST',
            url: '/v3/pay/transactions/jsapi',
            truncated_sign_message: expect.stringMatching(/^POST\n\/v3\/pay\/transactions\/jsapi\n\d{10}\n/),
            sign_message_length: expect.any(Number),
          },
        },
      },
    })
  })

  it.each([
    [-301, 401],
    [-295, 404],
    [295, 404],
    [302, 401],
  ])('a request whose timestamp is %i s off is answered with %i', async (seconds, status) => {
    const sandbox = await startSandbox()
    const path = `/v3/pay/transactions/out-trade-no/order-0001?mchid=${sandbox.credentials.mchid}`
    const reply = await merchantOf(sandbox).call('GET', path, undefined, { timestamp: nowSeconds() + seconds })
    expect([reply.status, reply.json.code]).toEqual([status, status === 401 ? 'SIGN_ERROR' : 'ORDER_NOT_EXIST'])
  })

  it('a request without a complete Authorization is refused with SIGN_ERROR', async () => {
    const merchant = merchantOf(await startSandbox())
    for (const authorization of ['', 'Bearer x', 'WECHATPAY2-SHA256-RSA2048 mchid="1"']) {
      const reply = await merchant.call('GET', '/v3/certificates', undefined, { headers: { authorization } })
      expect(reply).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } })
    }
  })

  it('the fields of Authorization may come in any order', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    await merchant.prepay('order-0001')
    const reversed = await merchant.call(
      'GET',
      `/v3/pay/transactions/out-trade-no/order-0001?mchid=${sandbox.credentials.mchid}`,
      undefined,
      {
        reversed: true,
      },
    )
    expect(reversed.status).toBe(200)
  })

  it.each([
    ['User-Agent', { 'user-agent': '' }],
    ['JSON Accept', { accept: 'text/html' }],
    ['JSON Content-Type', { 'content-type': 'text/plain' }],
    ['Wechatpay-Serial that exists', { 'wechatpay-serial': 'PUB_KEY_ID_0000000000000000000000000000000000' }],
  ])('a request without a %s is refused with PARAM_ERROR', async (_name, headers) => {
    const merchant = merchantOf(await startSandbox())
    const body = merchant.prepayBody('order-0001')
    const reply = await merchant.call('POST', '/v3/pay/transactions/jsapi', body, { headers })
    expect(reply).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })

  it('answers are signed over their exact bytes, refusals too', async () => {
    const merchant = merchantOf(await startSandbox())
    await merchant.prepay('order-0001')
    expect(await merchant.query('order-0001')).toMatchObject({ status: 200, isSigned: true })
    expect(await merchant.close('order-0001')).toMatchObject({ status: 204, text: '', isSigned: true })
    expect(await merchant.query('order-0002')).toMatchObject({ status: 404, isSigned: true })
  })

  it('a merchant with a public key alone has no platform certificates', async () => {
    const merchant = merchantOf(await startSandbox())
    const reply = await merchant.call('GET', '/v3/certificates')
    expect(reply).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } })
  })
})
