import { describe, expect, it } from 'vitest'
import { startReceiver } from '../../integration/sandbox/merchant.ts'
import { harmless, played, unusedNumber, type Wechat } from './rules.ts'

const queryPath = ({ credentials }: Wechat, number = unusedNumber()) =>
  `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}?mchid=${credentials.mchid}`
const echo = ({ merchant }: Wechat, body = '{"echo_message":"hello"}') =>
  merchant.call('POST', '/v3/security/echo', body)
const codeOf = ({ status, json }: { status: number; json: Record<string, unknown> }) => [status, json.code]

describe('1.1 Request signature', () => {
  it(
    'a GET is signed over path and query, with an empty last line',
    harmless(async (wechat) => {
      const reply = await wechat.merchant.call('GET', queryPath(wechat))
      expect(codeOf(reply)).toEqual([404, 'ORDER_NOT_EXIST'])
    }),
  )

  it(
    'a signed body that ends in LF is followed by one more LF',
    harmless(async (wechat) => {
      expect((await echo(wechat, '{"echo_message":"hello"}\n')).status).toBe(200)
    }),
  )

  it(
    'the fields of Authorization may come in any order',
    harmless(async (wechat) => {
      const reply = await wechat.merchant.call('GET', queryPath(wechat), undefined, { reversed: true })
      expect(reply.status).toBe(404)
    }),
  )

  for (const [part, signed] of [
    ['method', { method: 'POST' }],
    ['path and query', { pathAndQuery: '/v3/certificates' }],
    ['timestamp', { timestamp: 1_700_000_000 }],
    ['nonce', { nonce: '0123456789abcdef0123456789abcdef' }],
    ['body', { body: '{}' }],
  ] as const) {
    it(
      `a signature over another ${part} is refused with 401 SIGN_ERROR`,
      harmless(async (wechat) => {
        const reply = await wechat.merchant.call('GET', queryPath(wechat), undefined, { signed })
        expect(codeOf(reply)).toEqual([401, 'SIGN_ERROR'])
      }),
    )
  }

  it(
    'the path is signed percent-encoded, as it is sent',
    harmless(async (wechat) => {
      const path = queryPath(wechat, `${unusedNumber().slice(0, 20)}|1`)
      expect(path).toContain('%7C')
      const { merchant } = wechat
      expect((await merchant.call('GET', path)).status).toBe(404)
      const decoded = { signed: { pathAndQuery: decodeURIComponent(path) } }
      expect((await merchant.call('GET', path, undefined, decoded)).status).toBe(401)
    }),
  )

  it(
    'a request more than 5 minutes off is refused with 401 SIGN_ERROR',
    harmless(async (wechat) => {
      const at = async (seconds: number) => {
        const timestamp = Math.floor(Date.now() / 1000) + seconds
        return (await wechat.merchant.call('GET', queryPath(wechat), undefined, { timestamp })).status
      }
      expect([await at(-290), await at(290)]).toEqual([404, 404])
      expect([await at(-320), await at(320)]).toEqual([401, 401])
    }),
  )

  it(
    'a 401 SIGN_ERROR shows the message that should have been signed',
    harmless(async (wechat) => {
      const path = queryPath(wechat)
      const reply = await wechat.merchant.call('GET', path, undefined, { signed: { body: '{}' } })
      expect(reply.json.detail).toMatchObject({
        sign_information: {
          method: 'GET',
          url: path,
          truncated_sign_message: expect.stringContaining(`GET\n${path}\n`),
          sign_message_length: expect.any(Number),
        },
      })
    }),
  )

  it(
    'serial_no is that of the merchant’s API certificate, never the platform’s',
    played(async (wechat) => {
      const serial = wechat.credentials.publicKeyId
      expect(codeOf(await wechat.merchant.call('GET', queryPath(wechat), undefined, { serial }))).toEqual([
        401,
        'SIGN_ERROR',
      ])
    }),
  )

  for (const nonce of ['0123456789abcdef0123456789abcdef0', '0123456789abcde-']) {
    it(
      `the nonce ${nonce} is refused: it is not up to 32 letters and digits`,
      played(async (wechat) => {
        expect((await wechat.merchant.call('GET', queryPath(wechat), undefined, { nonce })).status).toBe(401)
      }),
    )
  }

  const refusedHeaders: Record<string, string>[] = [
    { accept: 'text/html' },
    { 'user-agent': '' },
    { 'wechatpay-serial': 'PUB_KEY_ID_1' },
  ]
  for (const headers of refusedHeaders) {
    it(
      `a request with ${JSON.stringify(headers)} is refused`,
      played(async (wechat) => {
        const reply = await wechat.merchant.call('GET', queryPath(wechat), undefined, { headers })
        expect(codeOf(reply)).toEqual([400, 'PARAM_ERROR'])
      }),
    )
  }
})

describe('1.2 Response signature', () => {
  it(
    'a 2xx answer is signed over timestamp, nonce and raw body by the key that it names',
    harmless(async (wechat) => {
      expect(await echo(wechat)).toMatchObject({ status: 200, isSigned: true })
    }),
  )

  it(
    'the timestamp of an answer is the current time in Unix seconds',
    harmless(async (wechat) => {
      const timestamp = (await echo(wechat)).headers.get('wechatpay-timestamp') ?? ''
      expect(timestamp).toMatch(/^\d{10}$/)
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(300)
    }),
  )

  it(
    'the signature type of an answer is absent or WECHATPAY2-SHA256-RSA2048',
    harmless(async (wechat) => {
      const type = (await echo(wechat)).headers.get('wechatpay-signature-type')
      expect(type ?? 'WECHATPAY2-SHA256-RSA2048').toBe('WECHATPAY2-SHA256-RSA2048')
    }),
  )

  it(
    'every answer carries a Request-ID that ends in a number',
    harmless(async (wechat) => {
      expect((await echo(wechat)).headers.get('request-id')).toMatch(/-\d+$/)
    }),
  )

  it(
    'a 204 answer is signed over an empty body',
    played(async ({ merchant }) => {
      await merchant.prepay('order-0001')
      expect(await merchant.close('order-0001')).toMatchObject({ status: 204, text: '', isSigned: true })
    }),
  )

  it(
    'a notice is signed like an answer',
    played(async ({ merchant, sandbox }) => {
      const receiver = await startReceiver(merchant)
      await merchant.prepay('order-0001', { notify_url: receiver.url })
      sandbox.payLate('order-0001')
      await expect.poll(() => receiver.received).toMatchObject([{ isSigned: true }])
    }),
  )
})

describe('1.3 SIGNTEST probes', () => {
  it(
    'a request whose answer carries a probe’s wrong signature was processed all the same',
    played(async (wechat) => {
      const { merchant, sandbox } = wechat
      sandbox.changeSettings({ answerProbePercent: 100 })
      const reply = await merchant.call('POST', '/v3/pay/transactions/jsapi', merchant.prepayBody('order-0001'))
      expect(reply).toMatchObject({ status: 200, isSigned: false })
      expect(reply.headers.get('wechatpay-signature')).toMatch(/^WECHATPAY\/SIGNTEST\//)
      sandbox.changeSettings({ answerProbePercent: 0 })
      expect(await merchant.query('order-0001')).toMatchObject({ status: 200, isSigned: true })
    }),
  )

  it(
    'a notice with a probe’s wrong signature is repeated with the right one after it was refused',
    played(
      async ({ merchant, sandbox }) => {
        sandbox.changeSettings({ noticeProbePercent: 100 })
        const receiver = await startReceiver(merchant, [401])
        await merchant.prepay('order-0001', { notify_url: receiver.url })
        sandbox.payLate('order-0001')
        await expect.poll(() => receiver.received).toMatchObject([{ isSigned: false }])
        sandbox.changeSettings({ noticeProbePercent: 0 })
        await expect.poll(() => receiver.received).toMatchObject([{ isSigned: false }, { isSigned: true }])
        expect(receiver.received[0]?.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\//)
      },
      { noticeScheduleFactor: 0.02 },
    ),
  )
})
