import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '@looklook-pay/sandbox'
import { Ajv, type AnySchema } from 'ajv'
import { describe, expect, it, onTestFinished } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

interface Listed {
  method: string
  path: string
  body?: AnySchema
}

async function post(sandbox: Sandbox, path: string, body: unknown) {
  const init = { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(sandbox.url + path, init)
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

describe('the list of what the sandbox does', () => {
  it.each<[string, unknown, unknown]>([
    ['/sandbox/settings', { refundDelayMs: 5 }, { refundDelayMs: -1 }],
    ['/sandbox/clock', { aheadSeconds: 0 }, {}],
    ['/sandbox/faults', [{ endpoint: 'query', kind: 'slow', delayMs: 1 }], { endpoint: 'nothing', kind: 'slow' }],
    [
      '/sandbox/faults',
      { endpoint: 'query', kind: 'reset-after' },
      { endpoint: 'payment-notice', kind: 'reset-after' },
    ],
    ['/sandbox/faults', { endpoint: 'prepay', kind: 'closed-number' }, { endpoint: 'query', kind: 'closed-number' }],
    ['/sandbox/faults', { endpoint: 'query', kind: 'error', code: 'ORDERPAID' }, { endpoint: 'query', kind: 'error' }],
    ['/sandbox/bill-differences', [], {}],
  ])('%s accepts %j as its listed schema does, and refuses %j as it does', async (path, good, bad) => {
    const sandbox = await startSandbox()
    const { sandbox: abilities } = (await (await fetch(sandbox.url)).json()) as { sandbox: Listed[] }
    const schema = abilities.find((each) => each.path === path && each.method === 'POST')?.body ?? true
    const isValid = new Ajv({ strict: false }).compile(schema)
    expect([isValid(good), isValid(bad)]).toEqual([true, false])
    expect([(await post(sandbox, path, good)).status, (await post(sandbox, path, bad)).status]).toEqual([200, 400])
  })
})

describe('the requests that the sandbox was sent', () => {
  it('a refusal says in words which field broke which rule, and where WeChat describes it', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const path = '/v3/pay/transactions/jsapi'
    const document = 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml'
    const newest = () => sandbox.requests()[0]
    await merchant.call('POST', path, merchant.prepayBody('order-0001', { notify_url: 'https://example.com/?a=1' }))
    expect(newest()).toMatchObject({
      method: 'POST',
      target: path,
      status: 400,
      refusal: {
        code: 'PARAM_ERROR',
        message: '参数错误：/notify_url 必须是不带参数的https地址',
        field: '/notify_url',
        rule: 'is an https URL without a query; http is for loopback hosts alone',
        document,
      },
    })
    await merchant.call('POST', path, merchant.prepayBody('order-0001', { color: 'red' }))
    expect(newest()?.refusal).toMatchObject({ field: '/color', rule: 'is no field of this call' })
    await merchant.prepay('order-0001')
    await merchant.call('POST', path, merchant.prepayBody('order-0001', { attach: 'x' }))
    expect(newest()?.refusal?.rule).toContain('this one changes attach')
    await merchant.call('POST', path, merchant.prepayBody('order-0002'), { signedBody: '{}' })
    expect(newest()?.refusal).toMatchObject({
      code: 'SIGN_ERROR',
      field: 'signature',
      rule: expect.stringContaining(String.raw`"POST\n/v3/pay/transactions/jsapi\n`),
    })
    sandbox.faults.add({ endpoint: 'query', kind: 'timeout-after', times: 1 })
    await merchant
      .call('GET', `/v3/pay/transactions/out-trade-no/order-0001`, undefined, {
        signal: AbortSignal.timeout(200),
      })
      .catch(() => {})
    await expect.poll(newest).toMatchObject({ method: 'GET', fault: 'timeout-after' })
    expect(newest()).not.toHaveProperty('status')
  })

  it('a request is kept with its endpoint, its headers without the signature, and the Request-ID of the answer', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const { headers } = await merchant.query('order-0001')
    const { mchid, mchCertSerial } = sandbox.credentials
    const authorization: unknown = sandbox.requests()[0]?.headers['authorization']
    expect(sandbox.requests()).toMatchObject([
      { requestId: headers.get('request-id'), endpoint: 'query', headers: { 'user-agent': 'merchant/1.0' } },
    ])
    expect(authorization).toMatch(
      /^WECHATPAY2-SHA256-RSA2048 mchid="\d+",nonce_str="\w+",signature="\*\*\*",timestamp="\d+"/,
    )
    expect(authorization).toContain(`mchid="${mchid}"`)
    expect(authorization).toContain(`serial_no="${mchCertSerial}"`)
  })

  it('secrets are masked', async () => {
    const sandbox = await startSandbox()
    const { appid, appSecret, apiV3Key } = sandbox.credentials
    const login = new URLSearchParams({
      appid,
      secret: appSecret,
      js_code: 'nonsense',
      grant_type: 'authorization_code',
    })
    await fetch(`${sandbox.url}/sns/jscode2session?${login.toString()}`)
    const request = { grant_type: 'client_credential', appid, secret: appSecret, note: apiV3Key }
    await post(sandbox, '/cgi-bin/stable_token', request)
    await fetch(`${sandbox.url}/wxaapi/newtmpl/gettemplate?access_token=12_abc`, {
      headers: { cookie: 'session-1', authorization: 'Basic c2VjcmV0' },
    })
    const kept = JSON.stringify(sandbox.requests())
    for (const secret of [appSecret, apiV3Key, '12_abc', 'session-1', 'c2VjcmV0']) expect(kept).not.toContain(secret)
    expect(kept).toContain('js_code=nonsense')
  })

  it('the newest requests are kept, as many as a mebibyte holds', async () => {
    const sandbox = await startSandbox()
    const text = 'x'.repeat(10_000)
    await Promise.all(Array.from({ length: 300 }, (_, index) => post(sandbox, '/sandbox/consent', { index, text })))
    await post(sandbox, '/sandbox/consent', { last: true })
    const kept = sandbox.requests()
    expect(kept[0]?.body).toBe('{"last":true}')
    expect(kept.length).toBeGreaterThan(100)
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(1.1 * (1 << 20))
  })
})

describe('an error of the sandbox itself', () => {
  it('is answered with 500, and is in the log', async () => {
    const said: string[] = []
    const log = { debug() {}, error: (_fields: object, message: string) => void said.push(message) }
    let machine = new Date()
    const sandbox = await startSandbox({ log, now: () => machine })
    machine = new Date(Number.NaN)
    expect((await fetch(`${sandbox.url}/sandbox/clock`)).status).toBe(500)
    await expect.poll(() => said).toEqual(['sandbox call failed'])
  })
})

describe('a setting out of range', () => {
  it.each([
    ['/sandbox/settings', { noticeScheduleFactor: 1e300 }],
    ['/sandbox/settings', { refundDelayMs: Number.MAX_SAFE_INTEGER }],
    ['/sandbox/settings', { refundIntervalMs: Number.MAX_SAFE_INTEGER }],
    ['/sandbox/certificates', { lifeSeconds: Number.MAX_SAFE_INTEGER }],
  ])('%s refuses %j, which would be due when no date can say it', async (path, body) => {
    const sandbox = await startSandbox({ signedBy: 'certificates' })
    expect(await post(sandbox, path, body)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })
})

describe('the sandbox’s clock', () => {
  it('what is due by the moved clock happens: a refused notice is repeated', async () => {
    const sandbox = await startSandbox({ noticeScheduleFactor: 1 })
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, [500])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => [...sandbox.ledger.notices.values()][0]?.attempts).toBe(1)
    await post(sandbox, '/sandbox/clock', { aheadSeconds: 60 })
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(2)
    expect(receiver.received[1]).toMatchObject({ isSigned: true })
    expect(Number(receiver.received[1]?.headers['wechatpay-timestamp'])).toBeLessThan(Date.now() / 1000 + 1)
  })
})

describe('a rotated public key', () => {
  it('the new key signs what doesn’t ask for the earlier one, and survives a restart', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'sandbox-'))
    onTestFinished(() => rm(stateDir, { recursive: true, force: true }))
    const sandbox = await startSandbox({ stateDir })
    const merchant = merchantOf(sandbox)
    const { publicKeyId: earlier, publicKey: earlierKey } = sandbox.credentials
    const listed = async () => (await fetch(`${sandbox.url}/sandbox/public-key`)).json()
    expect(await listed()).toEqual([{ publicKeyId: earlier, publicKey: earlierKey }])
    const { publicKeyId, publicKey } = await sandbox.rotatePublicKey()
    expect(await listed()).toEqual([
      { publicKeyId: earlier, publicKey: earlierKey },
      { publicKeyId, publicKey },
    ])
    const renewed = merchantOf({ ...sandbox, credentials: { ...sandbox.credentials, publicKeyId, publicKey } })
    await merchant.prepay('order-0001')
    expect(await merchant.query('order-0001')).toMatchObject({ isSigned: true, signedBy: earlier })
    expect(await renewed.query('order-0001')).toMatchObject({ isSigned: true, signedBy: publicKeyId })
    const receiver = await startReceiver(renewed)
    await renewed.prepay('order-0002', { notify_url: receiver.url })
    sandbox.payLate('order-0002')
    await expect.poll(() => receiver.received).toMatchObject([{ isSigned: true, signedBy: publicKeyId }])
    await sandbox.close()
    const restarted = await startSandbox({ stateDir })
    expect(restarted.env['WECHAT_PAY_PUBLIC_KEY_ID']).toBe(publicKeyId)
    const faithful = merchantOf({ url: restarted.url, credentials: sandbox.credentials })
    expect(await faithful.query('order-0001')).toMatchObject({ isSigned: true, signedBy: earlier })
  })
})
