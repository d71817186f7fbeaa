import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryTokenStore } from '../../../src/wechat/access-token.ts'
import { codeToSession, getPhoneNumber, openMiniProgram } from '../../../src/wechat/mini-program.ts'
import { prepay } from '../../../src/wechat/pay.ts'
import { uploadShippingInfo } from '../../../src/wechat/shipping.ts'
import type { WechatWatch } from '../../../src/wechat/watch.ts'
import { givenWechatPay, type Reply, startServer } from './fake-wechat.ts'

const body = '{"out_trade_no":"PX000001"}'
const JSAPI = 'POST /v3/pay/transactions/jsapi'

/** A watch that keeps endpoint and code of what operators are told. */
function givenWatch() {
  const told: string[] = []
  const watch: WechatWatch = {
    refused: ({ endpoint, code }) => void told.push(`${endpoint} ${code}`),
    answered() {},
    called() {},
    noticed() {},
  }
  return { watch, told }
}

function givenMiniProgram(apiUrl: string) {
  const { watch, told } = givenWatch()
  const config = { appid: 'wx00000000000000aa', secret: 'a secret', apiUrl }
  const mini = openMiniProgram(config, { tokenStore: memoryTokenStore(), watch })
  onTestFinished(() => mini.close())
  return { mini, told }
}

/** A server whose certificate nobody has signed but itself. */
async function startUntrustedServer(): Promise<string> {
  const { merchant } = JSON.parse(readFileSync('test/conformance/vectors.json', 'utf8')) as {
    merchant: { privateKeyPem: string; certificatePem: string }
  }
  const server = createServer({ key: merchant.privateKeyPem, cert: merchant.certificatePem })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('what operators are told of WeChat Pay', () => {
  test.each<[string, Reply | 'reset', boolean, string[]]>([
    ['an unknown code', { status: 400, body: '{"code":"A_CODE_OF_TOMORROW"}' }, false, [`${JSAPI} A_CODE_OF_TOMORROW`]],
    ['a refusal by a proxy', { status: 403, body: '<html>' }, true, [`${JSAPI} HTTP 403`]],
    ['a redirect', { status: 302, headers: { location: '/login' } }, true, [`${JSAPI} HTTP 302`]],
    ['an undocumented answer', { body: '{"prepay":1}' }, true, [`${JSAPI} undocumented`]],
    ['a wrong key', { body: '{}', headers: { 'Wechatpay-Signature': 'QUJD' } }, true, [`${JSAPI} signature`]],
    ['an old answer', { body: '{}', clockOffset: -600 }, true, [`${JSAPI} clock`]],
    ['a probe', { body: '{}', headers: { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/QUJD' } }, true, []],
    ['an unknown code of a busy server', { status: 500, body: '{"code":"A_CODE_OF_TOMORROW"}' }, true, []],
    ['a busy proxy', { status: 502, body: '<html>' }, true, []],
    ['a reset', 'reset', true, []],
  ])('of %s', async (_what, reply, retryable, expected) => {
    const { watch, told } = givenWatch()
    const { wechat } = await givenWechatPay(() => reply, { watch })

    await expect(prepay(wechat, body)).rejects.toMatchObject({ retryable })

    expect(told).toEqual(expected)
  })

  test('of a certificate that isn’t trusted, before anything is sent', async () => {
    const { watch, told } = givenWatch()
    const { wechat } = await givenWechatPay(() => ({}), { watch, config: { apiUrl: await startUntrustedServer() } })

    await expect(prepay(wechat, body)).rejects.toMatchObject({ retryable: false, outcomeUnknown: false })

    expect(told).toEqual([`${JSAPI} untrusted`])
  })

  test('of an APIv3 key that doesn’t open the certificates', async () => {
    const { watch, told } = givenWatch()
    const encrypted = {
      algorithm: 'AEAD_AES_256_GCM',
      nonce: 'n'.repeat(12),
      associated_data: '',
      ciphertext: 'A'.repeat(64),
    }
    const list = { data: [{ serial_no: 'A', encrypt_certificate: encrypted }] }
    const { wechat } = await givenWechatPay(() => ({ body: JSON.stringify(list) }), { watch })

    await wechat.refreshCertificates()

    expect(told).toEqual(['GET /v3/certificates apiv3-key'])
  })
})

describe('what operators are told of the mini-program API', () => {
  const LOGIN = 'GET /sns/jscode2session'
  test.each<[string, Reply | 'reset', boolean, string[]]>([
    ['an unknown errcode', { body: '{"errcode":98765}' }, false, [`${LOGIN} 98765`]],
    ['a refusal by a proxy', { status: 403, body: '<html>' }, true, [`${LOGIN} HTTP 403`]],
    ['a page instead of JSON', { body: '<html>' }, true, [`${LOGIN} HTTP 200`]],
    ['an undocumented answer', { body: '{"openid":1}' }, false, [`${LOGIN} undocumented`]],
    ['a used code', { body: '{"errcode":40163}' }, false, []],
    ['a busy proxy', { status: 502, body: '<html>' }, true, []],
    ['a reset', 'reset', true, []],
  ])('of %s', async (_what, reply, retryable, expected) => {
    const { url } = await startServer(() => reply)
    const { mini, told } = givenMiniProgram(url)

    await expect(codeToSession(mini, 'c')).rejects.toMatchObject({ retryable })

    expect(told).toEqual(expected)
  })

  test('of a certificate that isn’t trusted', async () => {
    const { mini, told } = givenMiniProgram(await startUntrustedServer())

    await expect(codeToSession(mini, 'c')).rejects.toMatchObject({ retryable: false, outcomeUnknown: false })

    expect(told).toEqual([`${LOGIN} untrusted`])
  })

  test('of a secret that is refused while a token is fetched for a call', async () => {
    const { url } = await startServer(() => ({ body: '{"errcode":40001}' }))
    const { mini, told } = givenMiniProgram(url)

    await expect(getPhoneNumber(mini, { phoneCode: 'p', openid: 'o' })).rejects.toMatchObject({ retryable: false })

    expect(told).toEqual(['POST /cgi-bin/stable_token 40001'])
  })

  test.each([10060001, 10060003, 10060031])(
    'nothing when shipping info is refused for one order (%i)',
    async (errcode) => {
      const token = '{"access_token":"T","expires_in":7200}'
      const { url } = await startServer(({ path }) => ({
        body: path.startsWith('/cgi-bin/stable_token') ? token : `{"errcode":${errcode}}`,
      }))
      const { mini, told } = givenMiniProgram(url)
      const upload = uploadShippingInfo(mini, {
        transactionId: '4200000000000000000000000000',
        openid: 'o_guest',
        logistics: 'virtual',
        shippingList: [{ itemDesc: '房' }],
        uploadTime: new Date(),
      })

      await expect(upload).rejects.toMatchObject({ errcode })

      expect(told).toEqual([])
    },
  )
})
