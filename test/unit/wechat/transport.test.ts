import { generateKeyPairSync } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WechatPayError } from '../../../src/wechat/errors.ts'
import { createHosts } from '../../../src/wechat/hosts.ts'
import { NoAnswerError } from '../../../src/wechat/http.ts'
import { openWechatPay, prepay, queryByOutTradeNo, signPrepay } from '../../../src/wechat/pay.ts'
import { requestMessage, verifyMessage } from '../../../src/wechat/signature.ts'
import { callPay } from '../../../src/wechat/transport.ts'
import {
  givenWechatPay,
  type Handler,
  merchantConfig,
  merchantPublicKey,
  type Reply,
  signedBy,
  startServer,
  untilTimeout,
  wechatSigner,
} from './fake-wechat.ts'

const prepaid: Reply = { body: '{"prepay_id":"wx1"}' }
const body = '{"out_trade_no":"PX000001","description":"民宿"}'
const refund = { method: 'POST' as const, path: '/v3/refund/domestic/refunds', body: '{}' }
const get = { method: 'GET' as const, path: '/v3/something?a=1' }
const impostor = {
  serial: wechatSigner.serial,
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}

describe('a request to WeChat Pay', () => {
  test('signs a request over exactly the bytes that are sent', async () => {
    const { wechat, received } = await givenWechatPay(() => prepaid)
    const before = Math.floor(Date.now() / 1000)
    await prepay(wechat, body)

    const [request] = received
    expect(request).toMatchObject({ method: 'POST', path: '/v3/pay/transactions/jsapi', body })
    const fields = authorizationFields(request?.headers.authorization)
    expect(fields).toMatchObject({ mchid: merchantConfig.mchid, serial_no: merchantConfig.mchCertSerial })
    expect(fields.nonce_str).toMatch(/^[0-9A-Za-z]{32}$/)
    expect(Number(fields.timestamp)).toBeGreaterThanOrEqual(before)
    expect(Number(fields.timestamp)).toBeLessThanOrEqual(Date.now() / 1000)
    const { timestamp = '', nonce_str: nonce = '', signature = '' } = fields
    const message = requestMessage({
      method: 'POST',
      pathAndQuery: '/v3/pay/transactions/jsapi',
      timestamp,
      nonce,
      body,
    })
    expect(verifyMessage(merchantPublicKey, message, signature)).toBe(true)
  })

  test('names in a request the key for the answer, and a user agent', async () => {
    const { wechat, received } = await givenWechatPay(() => prepaid)
    await prepay(wechat, body)
    await callPay(wechat, get)

    for (const { headers } of received) {
      expect(headers).toMatchObject({ 'wechatpay-serial': wechatSigner.serial, accept: 'application/json' })
      expect(headers['user-agent']).toMatch(/looklook-pay/)
    }
    expect(received[0]?.headers['content-type']).toBe('application/json')
  })

  test('rejects a path that would be sent as another one', async () => {
    const { wechat, received } = await givenWechatPay(() => prepaid)
    await expect(callPay(wechat, { method: 'GET', path: '/v3/a/../certificates' })).rejects.toThrow(/encoded/)
    await expect(callPay(wechat, { method: 'GET', path: '//elsewhere.example/v3' })).rejects.toThrow(/encoded/)
    await expect(callPay(wechat, { method: 'GET', path: 'http://elsewhere.example/v3' })).rejects.toThrow(/encoded/)
    expect(received).toHaveLength(0)
  })
})

describe('a host of WeChat Pay', () => {
  const nobody = 'http://127.0.0.1:1'

  test('switches to the second host when the first cannot be reached, for this call and later ones', async () => {
    const { wechat, received } = await givenWechatPay(() => prepaid, { config: { apiUrl: nobody } })
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ outcomeUnknown: false, action: 'repeat' })

    const backup = await startServer(() => prepaid)
    const { wechat: two } = await givenWechatPay(() => prepaid, { config: { apiUrl: nobody }, backupUrl: backup.url })
    expect(await prepay(two, body)).toEqual({ prepayId: 'wx1' })
    expect(await prepay(two, body)).toEqual({ prepayId: 'wx1' })
    expect(backup.received.map((request) => request.body)).toEqual([body, body])
    expect(received).toHaveLength(0)
  })

  test('switches back to the first host when the second cannot be reached either', async () => {
    let isUp = false
    const given = await givenWechatPay(() => (isUp ? prepaid : 'hang'), { backupUrl: nobody })
    const failure = await untilTimeout(given, () => failureOf(prepay(given.wechat, body)))
    expect(failure).toMatchObject({ outcomeUnknown: true })
    isUp = true
    expect(await prepay(given.wechat, body)).toEqual({ prepayId: 'wx1' })
    expect(given.received).toHaveLength(2)
  })

  test('switches to the second host for later calls when the first does not answer', async () => {
    const backup = await startServer(() => prepaid)
    const given = await givenWechatPay(() => 'hang', { backupUrl: backup.url })
    const failure = await untilTimeout(given, () => failureOf(prepay(given.wechat, body)))
    expect(failure).toMatchObject({ outcomeUnknown: true })
    expect(await prepay(given.wechat, body)).toEqual({ prepayId: 'wx1' })
    expect(backup.received).toHaveLength(1)
  })

  test('repeats a call at the same host after a broken connection', async () => {
    const backup = await startServer(() => prepaid)
    const { wechat, received } = await givenWechatPay((_request, call) => (call === 1 ? 'reset' : prepaid), {
      backupUrl: backup.url,
    })
    expect(await prepay(wechat, body)).toEqual({ prepayId: 'wx1' })
    expect([received.length, backup.received.length]).toEqual([2, 0])
  })

  test('tries an unreachable host again after a minute', () => {
    let clock = 0
    const first = new URL('https://api.mch.weixin.qq.com')
    const hosts = createHosts(undefined, () => clock)
    hosts.silent(first, new NoAnswerError('ECONNREFUSED', false))
    clock = 59_999
    expect(hosts.choose(first).origin).toBe('https://api2.mch.weixin.qq.com')
    clock = 60_000
    expect(hosts.choose(first).origin).toBe(first.origin)
  })

  test.each([
    ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
    ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ])('has for the host %s the backup %s', (first, second) => {
    const hosts = createHosts()
    expect(hosts.choose(new URL(first)).origin).toBe(first)
    hosts.silent(new URL(first), new NoAnswerError('ENOTFOUND', false))
    expect(hosts.choose(new URL(first)).origin).toBe(second)
  })
})

describe('a 2xx of WeChat Pay', () => {
  test('accepts a 2xx signed by the key that it names', async () => {
    const { wechat } = await givenWechatPay(() => prepaid)
    expect(await prepay(wechat, body)).toEqual({ prepayId: 'wx1' })
  })

  test('accepts a signed 2xx without a body', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 204 }))
    expect(await callPay(wechat, get)).toMatchObject({ status: 204, requestId: 'REQ-1' })
  })

  test.each<[string, Reply]>([
    ['unsigned', { ...prepaid, signedBy: 'nobody' }],
    ['signed by another key under the name of the trusted one', { ...prepaid, signedBy: impostor }],
    ['signed with an unknown key', { ...prepaid, signedBy: { ...impostor, serial: 'PUB_KEY_ID_99' } }],
    ['ten minutes old', { ...prepaid, clockOffset: -600 }],
    ['ten minutes early', { ...prepaid, clockOffset: 600 }],
    ['signed over another body', { ...prepaid, headers: signedBy(wechatSigner, '{"prepay_id":"wx2"}') }],
    ['a probe', { ...prepaid, headers: { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/QUJD' } }],
    ['of another signature type', { ...prepaid, headers: { 'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3' } }],
  ])('reports a call as unknown when its 2xx is %s', async (_what, reply) => {
    const { wechat, received } = await givenWechatPay(() => reply)
    const error = await failureOf(callPay(wechat, get))
    expect(error).toMatchObject({ outcomeUnknown: true, action: 'repeat', httpStatus: 200, requestId: 'REQ-1' })
    expect(received.filter(({ path }) => path === get.path)).toHaveLength(2)
  })

  test('repeats a call once, with a new nonce, after a wrong signature', async () => {
    const probe = { ...prepaid, headers: { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/QUJD' } }
    const { wechat, received } = await givenWechatPay((_request, call) => (call === 1 ? probe : prepaid))
    expect((await callPay(wechat, get)).status).toBe(200)
    const nonces = received.map(({ headers }) => authorizationFields(headers.authorization).nonce_str)
    expect(new Set(nonces).size).toBe(2)
  })

  test('uses a signature that was made before the call for its first try alone', async () => {
    const probe = { ...prepaid, headers: { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/QUJD' } }
    const { wechat, received } = await givenWechatPay((_request, call) => (call === 1 ? probe : prepaid))
    const headers = signPrepay(wechat, body)
    expect(await prepay(wechat, body, headers)).toEqual({ prepayId: 'wx1' })
    const [first, second] = received.map((request) => request.headers.authorization)
    expect(first).toBe((await headers)['authorization'])
    expect(authorizationFields(second).nonce_str).not.toBe(authorizationFields(first).nonce_str)
  })

  test('reports a call as unknown, to be queried, when its signed 2xx is undocumented', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ body: '{"prepay":1}' }))
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ outcomeUnknown: true, action: 'query' })
    expect(received).toHaveLength(1)
  })

  test('stops reading an answer that is too long', async () => {
    const { wechat } = await givenWechatPay(() => ({ body: Buffer.alloc(1024 * 1024 + 1, 32) }))
    expect((await failureOf(callPay(wechat, get))).message).toMatch(/TOO_LONG/)
  })
})

describe('a call to WeChat Pay', () => {
  test.each<[string, Reply | 'hang' | 'reset']>([
    ['202', { status: 202, signedBy: 'nobody' }],
    ['a signed 202', { status: 202, body: '{}', signedBy: wechatSigner }],
    ['429', { status: 429, body: '{"code":"FREQUENCY_LIMITED"}' }],
    ['500 SYSTEM_ERROR', { status: 500, body: '{"code":"SYSTEM_ERROR"}' }],
    ['503 of some proxy', { status: 503, body: '<html>' }],
    ['a connection reset', 'reset'],
  ])('repeats a call with the same body after %s, at most twice', async (_what, reply) => {
    const recovering = await givenWechatPay((_request, call) => (call < 3 ? reply : prepaid))
    expect(await prepay(recovering.wechat, body)).toEqual({ prepayId: 'wx1' })
    expect(recovering.received.map((request) => request.body)).toEqual([body, body, body])

    const lasting = await givenWechatPay(() => reply)
    expect(await failureOf(prepay(lasting.wechat, body))).toMatchObject({ action: 'repeat' })
    expect(lasting.received).toHaveLength(3)
  })

  test.each([
    [429, '{"code":"FREQUENCY_LIMITED"}', { repeatMs: 1, slowRepeatMs: 600_000 }, 1],
    [429, '{"code":"FREQUENCY_LIMITED"}', { repeatMs: 600_000, slowRepeatMs: 1 }, 3],
    [500, '{"code":"SYSTEM_ERROR"}', { repeatMs: 600_000, slowRepeatMs: 1 }, 1],
    [500, '{"code":"SYSTEM_ERROR"}', { repeatMs: 1, slowRepeatMs: 600_000 }, 3],
  ] as const)('repeats a call after %i %s with its own pause: %j', async (status, refusal, timing, calls) => {
    const { wechat, received } = await givenWechatPay(() => ({ status, body: refusal }), { timing })
    await failureOf(prepay(wechat, body))
    expect(received).toHaveLength(calls)
  })

  test('pauses longer after "too many requests" by default', () => {
    const wechat = openWechatPay(merchantConfig, { downloadCertificates: false })
    onTestFinished(() => wechat.close())
    const { timing } = wechat
    expect(timing.slowRepeatMs).toBeGreaterThan(2 * timing.repeatMs)
  })

  test('does not wait beyond its own time-out for certificates with an unknown serial', async () => {
    const unknown = { ...prepaid, signedBy: { ...impostor, serial: 'PUB_KEY_ID_99' } }
    const handler: Handler = ({ path }) => (path === '/v3/certificates' ? 'hang' : unknown)
    const { wechat, received } = await givenWechatPay(handler)
    let isDownloaded = false
    const downloading = wechat.refreshCertificates().then(() => (isDownloaded = true))
    const hasty = { ...wechat, timing: { ...wechat.timing, totalMs: 1_000 } }
    expect(await failureOf(prepay(hasty, body))).toMatchObject({ outcomeUnknown: true })
    expect(isDownloaded).toBe(false)
    expect(received.map(({ path }) => path)).toContain('/v3/pay/transactions/jsapi')
    await wechat.close()
    await downloading
  })

  test.each([
    [400, 'PARAM_ERROR', 'give-up', false],
    [401, 'SIGN_ERROR', 'fix-configuration', false],
    [403, 'ORDERPAID', 'query', false],
    [404, 'ORDER_NOT_EXIST', 'give-up', false],
    [500, 'OPENID_MISMATCH', 'give-up', false],
    [403, 'NOT_ENOUGH', 'fix-configuration', false],
    [400, 'A_CODE_OF_TOMORROW', 'give-up', false],
    [202, 'USER_PAYING', 'query', true],
  ] as const)('does not repeat a call after %i %s', async (status, code, action, outcomeUnknown) => {
    const { wechat, received } = await givenWechatPay(() => ({ status, body: JSON.stringify({ code }) }))
    const error = await failureOf(prepay(wechat, body))
    expect(error).toMatchObject({ httpStatus: status, wechatCode: code, requestId: 'REQ-1', action, outcomeUnknown })
    expect(received).toHaveLength(1)
  })

  test('follows no redirect of WeChat Pay', async () => {
    const elsewhere = await startServer(() => prepaid)
    const { wechat } = await givenWechatPay(() => ({ status: 307, headers: { location: `${elsewhere.url}/v3/x` } }))
    expect(await failureOf(callPay(wechat, get))).toMatchObject({
      httpStatus: 307,
      action: 'query',
      outcomeUnknown: true,
    })
    expect(elsewhere.received).toHaveLength(0)
  })

  test('does not trust a refusal without a code, which may come from a proxy', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 403, body: '<html>blocked</html>' }))
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ action: 'query', outcomeUnknown: true })
  })

  test('reports a refund as unknown after "too many requests"', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 429, body: '{"code":"FREQUENCY_LIMITED"}' }))
    expect(await failureOf(callPay(wechat, refund))).toMatchObject({ outcomeUnknown: true, policy: 'retry-same-slow' })
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ outcomeUnknown: false })
  })

  test('keeps a call unknown when only its repeat was refused', async () => {
    const { wechat } = await givenWechatPay((_request, call) =>
      call === 1 ? 'reset' : { status: 400, body: '{"code":"INVALID_REQUEST"}' },
    )
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ wechatCode: 'INVALID_REQUEST', outcomeUnknown: true })
  })

  test('ends a call after its time-out, repeats included', async () => {
    const given = await givenWechatPay(() => 'hang')
    const error = await untilTimeout(given, () => failureOf(prepay(given.wechat, body)))
    expect(error).toMatchObject({ action: 'repeat', outcomeUnknown: true })
    expect(error.message).toMatch(/TIMEOUT/)
    expect(given.received).toHaveLength(1)
  })

  test('ends a call whose connection is never made, with nothing sent', async () => {
    const apiUrl = await startSilentTls()
    const wechat = openWechatPay(
      { ...merchantConfig, apiUrl },
      { downloadCertificates: false, timing: { connectMs: 50, totalMs: 120_000, repeatMs: 1 } },
    )
    onTestFinished(() => wechat.close())
    const error = await failureOf(prepay(wechat, body))
    expect(error.message).toMatch(/CONNECT_TIMEOUT/)
    expect(error).toMatchObject({ outcomeUnknown: false, action: 'repeat' })
  })

  test('ends a call to a closed port, with nothing sent', async () => {
    const wechat = openWechatPay(merchantConfig, { downloadCertificates: false, timing: { repeatMs: 1 } })
    onTestFinished(() => wechat.close())
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ outcomeUnknown: false, action: 'repeat' })
  })

  test('ends a call in flight when the client is closed', async () => {
    const { wechat, received } = await givenWechatPay(() => 'hang')
    const failure = failureOf(prepay(wechat, body))
    await expect.poll(() => received.length).toBe(1)
    await wechat.close()
    expect(await failure).toMatchObject({ outcomeUnknown: true })
    expect(await failureOf(prepay(wechat, body))).toMatchObject({ outcomeUnknown: false })
    expect(received).toHaveLength(1)
  })
})

describe('an error of WeChat Pay', () => {
  test('says what to do in an error, without openid and query', async () => {
    const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
    const { wechat } = await givenWechatPay(() => ({
      status: 400,
      body: JSON.stringify({
        code: 'PARAM_ERROR',
        message: `payer ${openid} is wrong`,
        detail: { field: '/payer/openid', value: openid },
      }),
    }))
    const error = await failureOf(queryByOutTradeNo(wechat, { outTradeNo: 'PX000001', mchid: '1900000001' }))
    expect(error.message).toBe(
      'GET /v3/pay/transactions/out-trade-no/PX000001 answered 400 PARAM_ERROR, Request-ID REQ-1: do not repeat it unchanged',
    )
    expect(error.hint).toContain('/payer/openid')
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain(openid)
  })

  test('quotes the detail of a SIGN_ERROR without the openid', async () => {
    const signed = 'POST\n/v3/pay/transactions/jsapi\n1\nn\n{"payer":{"openid":"short_one"}}'
    const { wechat } = await givenWechatPay(() => ({
      status: 401,
      body: JSON.stringify({
        code: 'SIGN_ERROR',
        message: 'bad',
        detail: { sign_information: { truncated_sign_message: signed } },
      }),
    }))
    const { hint } = await failureOf(prepay(wechat, body))
    expect(hint).toContain('/v3/pay/transactions/jsapi')
    expect(hint).not.toContain('short_one')
  })
})

async function failureOf(call: Promise<unknown>): Promise<WechatPayError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(WechatPayError)
  return error as WechatPayError
}

function authorizationFields(header = ''): Record<string, string> {
  expect(header).toMatch(/^WECHATPAY2-SHA256-RSA2048 /)
  return Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
}

/** An https URL whose server accepts the connection and never starts TLS. */
async function startSilentTls(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}
