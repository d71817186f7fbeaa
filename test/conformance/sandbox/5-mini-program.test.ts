import { describe, expect, it } from 'vitest'
import { harmless, type PlayedWechat, played, type Wechat } from './rules.ts'

const MINUTE_MS = 60_000

/** The answer's JSON; its status is always 200. */
async function call({ miniUrl }: Wechat, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(miniUrl + path, request)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>
}

function login(wechat: Wechat, code: string, changes: Record<string, string> = {}) {
  const { appid, appSecret } = wechat.credentials
  const query = { appid, secret: appSecret, js_code: code, grant_type: 'authorization_code', ...changes }
  return call(wechat, `/sns/jscode2session?${new URLSearchParams(query).toString()}`)
}

function fetchToken(wechat: Wechat, changes: Record<string, unknown> = {}) {
  const { appid, appSecret } = wechat.credentials
  return call(wechat, '/cgi-bin/stable_token', {
    grant_type: 'client_credential',
    appid,
    secret: appSecret,
    ...changes,
  })
}

const tokenOf = async (wechat: Wechat) => String((await fetchToken(wechat)).access_token)

/** Sends a message to a user who has consented to it, unless `changes` say otherwise. */
async function send(wechat: PlayedWechat, data: Record<string, string>, changes: Record<string, unknown> = {}) {
  await login(wechat, 'code-o_alice')
  const templateId = wechat.sandbox.addTemplate(Object.keys(data))
  const accepted = [templateId, wechat.credentials.templates.orderPaid]
  wechat.sandbox.consent({ openid: 'o_alice', accepted })
  return call(wechat, `/cgi-bin/message/subscribe/send?access_token=${await tokenOf(wechat)}`, {
    touser: 'o_alice',
    template_id: templateId,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, { value }])),
    ...changes,
  })
}

describe('5 jscode2session', () => {
  it(
    'a login with a code that was never issued is answered with 40029',
    harmless(async (wechat) => {
      expect(await login(wechat, 'never-issued')).toMatchObject({ errcode: 40029, errmsg: expect.any(String) })
    }),
  )

  it(
    'a login with an unknown appid is answered with 40013',
    harmless(async (wechat) => {
      expect(await login(wechat, 'any', { appid: 'wx0000000000000000' })).toMatchObject({ errcode: 40013 })
    }),
  )

  it(
    'a login with a wrong secret is answered with 40125',
    harmless(async (wechat) => {
      expect(await login(wechat, 'any', { secret: '0'.repeat(32) })).toMatchObject({ errcode: 40125 })
    }),
  )

  it(
    'a login code gives openid and session_key once, and is answered with 40163 then',
    played(async (wechat) => {
      const session = await login(wechat, 'once-o_alice')
      expect(session).toMatchObject({ openid: 'o_alice', session_key: expect.stringMatching(/^.{22}==$/) })
      expect(await login(wechat, 'once-o_alice')).toMatchObject({ errcode: 40163 })
    }),
  )
})

describe('5 Token', () => {
  it(
    'a second request for an access token in normal mode gives the same token',
    harmless(async (wechat) => {
      const first = await fetchToken(wechat)
      expect(first).toMatchObject({ access_token: expect.any(String), expires_in: expect.any(Number) })
      expect(Number(first.expires_in)).toBeLessThanOrEqual(7200)
      expect(String(first.access_token).length).toBeLessThanOrEqual(512)
      expect(await tokenOf(wechat)).toBe(first.access_token)
    }),
  )

  it(
    'a request for an access token with a wrong secret is answered with 40125',
    harmless(async (wechat) => {
      expect(await fetchToken(wechat, { secret: '0'.repeat(32) })).toMatchObject({ errcode: 40125 })
    }),
  )

  it(
    'an access token gets a successor in its last 5 minutes, and both are valid',
    played(async (wechat) => {
      const old = await tokenOf(wechat)
      wechat.later(115 * MINUTE_MS)
      const young = await tokenOf(wechat)
      expect(young).not.toBe(old)
      for (const token of [old, young]) expect(await useToken(wechat, token)).not.toMatchObject({ errcode: 42001 })
      wechat.later(5 * MINUTE_MS)
      expect(await useToken(wechat, old)).toMatchObject({ errcode: 42001 })
    }),
  )

  it(
    'force_refresh ends the old access token, and is allowed every 30 s, 20 times a day',
    played(async (wechat) => {
      const old = await tokenOf(wechat)
      expect((await fetchToken(wechat, { force_refresh: true })).access_token).not.toBe(old)
      expect(await useToken(wechat, old)).toMatchObject({ errcode: 40001 })
      expect(await fetchToken(wechat, { force_refresh: true })).toMatchObject({ errcode: 45011 })
      for (let round = 2; round <= 20; round++) {
        wechat.later(31_000)
        expect(await fetchToken(wechat, { force_refresh: true })).toHaveProperty('access_token')
      }
      wechat.later(31_000)
      expect(await fetchToken(wechat, { force_refresh: true })).toMatchObject({ errcode: 45009 })
    }),
  )

  it(
    'a call with an access token that was never issued is answered with 40001',
    harmless(async (wechat) => {
      expect(await useToken(wechat, 'never_issued')).toMatchObject({ errcode: 40001 })
    }),
  )
})

function useToken(wechat: Wechat, token: string) {
  return call(wechat, `/wxa/business/getuserphonenumber?access_token=${token}`, { code: 'never-issued' })
}

describe('5 subscribeMessage.send', () => {
  it.for<[string, string]>([
    ['thing1', '房'.repeat(20)],
    ['character_string1', 'A'.repeat(32)],
    ['number1', '1'.repeat(32)],
    ['letter1', 'a'.repeat(32)],
    ['symbol1', '!'.repeat(5)],
    ['time1', '2019年10月1日 15:01'],
    ['time1', '15:01'],
    ['date1', '2019年10月1日'],
    ['amount1', '¥123.45元'],
    ['phone_number1', '+86-0766-66888866'],
    ['car_number1', '粤A8Z888挂'],
    ['name1', '房'.repeat(10)],
    ['name1', 'a'.repeat(20)],
    ['phrase1', '已付款了吗'],
  ])('a message’s %s may be %s', ([key, value], context) =>
    played(async (wechat) => {
      expect(await send(wechat, { [key]: value })).toMatchObject({ errcode: 0 })
    })(context),
  )

  it.for<[string, string]>([
    ['thing1', '房'.repeat(21)],
    ['thing1', ''],
    ['character_string1', '房'],
    ['character_string1', 'A'.repeat(33)],
    ['number1', 'one'],
    ['letter1', 'a1'],
    ['symbol1', '!'.repeat(6)],
    ['time1', '25:01'],
    ['date1', 'tomorrow'],
    ['amount1', '12345678901元'],
    ['phone_number1', '1'.repeat(18)],
    ['car_number1', '粤A8Z888挂挂'],
    ['name1', '房'.repeat(11)],
    ['phrase1', '已付款了吗吗'],
    ['colour1', 'red'],
  ])('a message’s %s may not be "%s": 47003 names it', ([key, value], context) =>
    played(async (wechat) => {
      expect(await send(wechat, { [key]: value })).toMatchObject({
        errcode: 47003,
        errmsg: expect.stringContaining(key),
      })
      expect(wechat.sandbox.messages()).toEqual([])
    })(context),
  )

  it(
    'a message with a missing or an extra key is answered with 47003, which names the key',
    played(async (wechat) => {
      const whole = { character_string6: 'A1', thing1: 'a', amount2: '1元', time4: '15:01', time5: '16:01' }
      const ofOrderPaid = { template_id: wechat.credentials.templates.orderPaid }
      expect(await send(wechat, whole, ofOrderPaid)).toMatchObject({ errcode: 0 })
      const { time5: _gone, ...less } = whole
      for (const data of [less, { ...whole, time6: '16:01' }, { ...less, time6: '16:01' }]) {
        expect(await send(wechat, data, ofOrderPaid)).toMatchObject({
          errcode: 47003,
          errmsg: expect.stringMatching(/time[56]/),
        })
      }
      expect(wechat.sandbox.messages()).toHaveLength(1)
    }),
  )

  it(
    'a message to an unknown user is answered with 40003, and one with an unknown template with 40037',
    played(async (wechat) => {
      expect(await send(wechat, { thing1: 'a' }, { touser: 'o_nobody' })).toMatchObject({ errcode: 40003 })
      expect(await send(wechat, { thing1: 'a' }, { template_id: 'none' })).toMatchObject({ errcode: 40037 })
    }),
  )

  it(
    'one consent allows one message of its template to its user; without one the answer is 43101',
    played(async (wechat) => {
      await login(wechat, 'code-o_alice')
      await login(wechat, 'code-o_bob')
      const [asked, other] = [wechat.sandbox.addTemplate(['thing1']), wechat.sandbox.addTemplate(['thing1'])]
      const path = `/cgi-bin/message/subscribe/send?access_token=${await tokenOf(wechat)}`
      const sendTo = async (touser: string, template_id: string, value = 'a') =>
        (await call(wechat, path, { touser, template_id, data: { thing1: { value } } })).errcode
      expect(await sendTo('o_alice', asked)).toBe(43101)

      wechat.sandbox.consent({ openid: 'o_alice', accepted: [asked], rejected: [other] })
      expect(await sendTo('o_alice', asked, '')).toBe(47003)
      expect([await sendTo('o_bob', asked), await sendTo('o_alice', other)]).toEqual([43101, 43101])
      expect([await sendTo('o_alice', asked), await sendTo('o_alice', asked)]).toEqual([0, 43101])

      for (const _ of [1, 2]) wechat.sandbox.consent({ openid: 'o_alice', accepted: [asked] })
      wechat.sandbox.consent({ openid: 'o_alice', rejected: [asked] })
      const errcodes = [await sendTo('o_alice', asked), await sendTo('o_alice', asked), await sendTo('o_alice', asked)]
      expect(errcodes).toEqual([0, 0, 43101])
      expect(wechat.sandbox.messages()).toHaveLength(3)
    }),
  )

  it.for([43101, 43107, 43108, 45168, 45009, 45011])(
    'a message under the fault errcode %d is answered with it',
    (errcode, context) =>
      played(async (wechat) => {
        wechat.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode, times: 1 })
        expect(await send(wechat, { thing1: 'a' })).toMatchObject({ errcode })
        expect(await send(wechat, { thing1: 'a' })).toMatchObject({ errcode: 0 })
      })(context),
  )
})

describe('5 Phone', () => {
  it(
    'a phone code gives the number once, to the user it belongs to',
    played(async (wechat) => {
      const path = `/wxa/business/getuserphonenumber?access_token=${await tokenOf(wechat)}`
      const code = 'phone-13800001234@o_alice'
      expect(await call(wechat, path, { code, openid: 'o_bob' })).toMatchObject({ errcode: 40029 })
      expect(await call(wechat, path, { code, openid: 'o_alice' })).toMatchObject({
        errcode: 0,
        phone_info: {
          phoneNumber: '13800001234',
          purePhoneNumber: '13800001234',
          countryCode: '86',
          watermark: { appid: wechat.credentials.appid, timestamp: expect.any(Number) },
        },
      })
      expect(await call(wechat, path, { code, openid: 'o_alice' })).toMatchObject({ errcode: 40029 })
    }),
  )
})

describe('5 Shipping duty', () => {
  it(
    'is_trade_managed is answered for the merchant’s own appid alone',
    harmless(async (wechat) => {
      const path = `/wxa/sec/order/is_trade_managed?access_token=${await tokenOf(wechat)}`
      expect(await call(wechat, path, { appid: wechat.credentials.appid })).toMatchObject({
        errcode: 0,
        is_trade_managed: expect.any(Boolean),
      })
      const { errcode } = await call(wechat, path, { appid: 'wx0000000000000000' })
      expect(errcode).not.toBe(0)
    }),
  )

  it(
    'the shipping info of a paid order is uploaded once, and corrected once',
    played(async (wechat) => {
      const { merchant, sandbox, now } = wechat
      const path = `/wxa/sec/order/upload_shipping_info?access_token=${await tokenOf(wechat)}`
      const info = {
        order_key: { order_number_type: 1, mchid: wechat.credentials.mchid, out_trade_no: 'order-0001' },
        logistics_type: 3,
        delivery_mode: 1,
        shipping_list: [{ item_desc: '海边民宿' }],
        upload_time: new Date(now()).toISOString(),
        payer: { openid: 'o_alice' },
      }
      await merchant.prepay('order-0001')
      expect(await call(wechat, path, info)).toMatchObject({ errcode: 10060001 })
      sandbox.payLate('order-0001')
      expect(await call(wechat, path, info)).toMatchObject({ errcode: 0 })
      expect(await call(wechat, path, info)).toMatchObject({ errcode: 0 })
      expect(await call(wechat, path, info)).toMatchObject({ errcode: 10060003 })
    }),
  )
})
