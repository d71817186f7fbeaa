import type { SandboxOptions } from '@looklook-pay/sandbox'
import { describe, expect, it } from 'vitest'
import { merchantOf, startSandbox } from './merchant.ts'

const read = async (response: Response) => (await response.json()) as Record<string, unknown>

const orderPaid = {
  character_string6: { value: 'HO1' },
  thing1: { value: '海边民宿' },
  amount2: { value: '128元' },
  time4: { value: '15:01' },
  time5: { value: '12:00' },
}

async function startApp(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options)
  const { appid, appSecret: secret, templates } = sandbox.credentials
  const post = async (path: string, body: unknown) =>
    read(await fetch(sandbox.url + path, { method: 'POST', body: JSON.stringify(body) }))
  const login = async (code: string, changes: Record<string, string> = {}) => {
    const query = new URLSearchParams({ appid, secret, js_code: code, grant_type: 'authorization_code', ...changes })
    return read(await fetch(`${sandbox.url}/sns/jscode2session?${query.toString()}`))
  }
  const fetchToken = (changes: Record<string, unknown> = {}) =>
    post('/cgi-bin/stable_token', { grant_type: 'client_credential', appid, secret, ...changes })
  const token = async () => String((await fetchToken()).access_token)
  const send = async (
    changes: { data?: Record<string, unknown>; [field: string]: unknown } = {},
    accessToken?: string,
  ) => {
    const templateId = changes.data ? sandbox.addTemplate(Object.keys(changes.data)) : templates.orderPaid
    sandbox.consent({ openid: 'o_alice', accepted: [templateId] })
    return post(`/cgi-bin/message/subscribe/send?access_token=${accessToken ?? (await token())}`, {
      touser: 'o_alice',
      template_id: templateId,
      data: orderPaid,
      ...changes,
    })
  }
  return { sandbox, post, login, fetchToken, token, send }
}

async function startPhone() {
  const { sandbox, login } = await startApp()
  await login('code-o_alice')
  const answer = async (body: object) => {
    const response = await fetch(`${sandbox.url}/sandbox/consent`, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, json: await response.json() }
  }
  return { sandbox, answer, templates: sandbox.credentials.templates }
}

describe('a login code', () => {
  it('the login code code-NAME signs in NAME any number of times', async () => {
    const { login } = await startApp()
    const first = await login('code-o_alice')
    expect(first).toEqual({ openid: 'o_alice', session_key: expect.stringMatching(/^.{24}$/) })
    expect(await login('code-o_alice')).toMatchObject({ openid: 'o_alice' })
  })

  it('the login code once-NAME signs in NAME once', async () => {
    const { login } = await startApp()
    expect(await login('once-o_alice')).toMatchObject({ openid: 'o_alice' })
    expect(await login('once-o_alice')).toMatchObject({ errcode: 40163 })
  })

  it.each([
    ['of another kind', 'x', {}, 40029],
    ['without a name', 'code-', {}, 40029],
    ['for another app', 'code-a', { appid: 'wx0' }, 40013],
    ['with another secret', 'code-a', { secret: 'x' }, 40125],
    ['with another grant', 'code-a', { grant_type: 'password' }, 40002],
  ])('a login code %s is refused', async (_name, code, changes, errcode) => {
    const { login } = await startApp()
    expect(await login(code, changes)).toMatchObject({ errcode })
  })

  it('a login is answered with the content type of text', async () => {
    const { sandbox } = await startApp()
    expect((await fetch(`${sandbox.url}/sns/jscode2session`)).headers.get('content-type')).toBe('text/plain')
  })
})

describe('the stable access token', () => {
  it('an access token stays the same until its last five minutes, in which both the old and the new one are valid', async () => {
    let clock = Date.now()
    const { fetchToken, send, login } = await startApp({ now: () => new Date(clock) })
    await login('code-o_alice')
    const first = await fetchToken()
    expect(first.expires_in).toBe(7200)
    clock += 6_899_000
    expect(await fetchToken()).toEqual({ access_token: first.access_token, expires_in: 301 })
    clock += 2000
    const second = await fetchToken()
    expect(second.access_token).not.toBe(first.access_token)
    expect(await send({}, String(first.access_token))).toMatchObject({ errcode: 0 })
    expect(await send({}, String(second.access_token))).toMatchObject({ errcode: 0 })
    clock += 300_000
    expect(await send({}, String(first.access_token))).toMatchObject({ errcode: 42001 })
    expect(await fetchToken()).toMatchObject({ access_token: second.access_token })
  })

  it('a forced refresh ends the access token at once, and is allowed every 30 s', async () => {
    let clock = Date.now()
    const { fetchToken, send, login } = await startApp({ now: () => new Date(clock) })
    await login('code-o_alice')
    const first = await fetchToken()
    const forced = await fetchToken({ force_refresh: true })
    expect(await send({}, String(first.access_token))).toMatchObject({ errcode: 40001 })
    expect(await send({}, String(forced.access_token))).toMatchObject({ errcode: 0 })
    expect(await fetchToken({ force_refresh: true })).toMatchObject({ errcode: 45011 })
    clock += 30_000
    expect(await fetchToken({ force_refresh: true })).toHaveProperty('access_token')
  })

  it('an access token is issued for the right appid and secret alone', async () => {
    const { fetchToken } = await startApp()
    expect(await fetchToken({ appid: 'wx0' })).toMatchObject({ errcode: 40013 })
    expect(await fetchToken({ secret: 'x' })).toMatchObject({ errcode: 40125 })
    expect(await fetchToken({ grant_type: 'x' })).toMatchObject({ errcode: 40002 })
  })

  it('a call without a valid access token is refused, and tokens can be revoked', async () => {
    const { sandbox, token, send, login } = await startApp()
    await login('code-o_alice')
    expect(await send({}, '')).toMatchObject({ errcode: 41001 })
    expect(await send({}, 'invented')).toMatchObject({ errcode: 40001 })
    const revoked = await token()
    sandbox.revokeAccessTokens()
    expect(await send({}, revoked)).toMatchObject({ errcode: 40001 })
    expect(await send()).toMatchObject({ errcode: 0 })
  })
})

describe('a phone code', () => {
  it('a phone code gives its number once, and only to the user it belongs to', async () => {
    const { post, token } = await startApp()
    const fetchPhone = async (code: string, openid?: string) =>
      post(`/wxa/business/getuserphonenumber?access_token=${await token()}`, { code, openid })
    expect(await fetchPhone('phone-13800001234')).toMatchObject({
      errcode: 0,
      phone_info: { phoneNumber: '13800001234', purePhoneNumber: '13800001234', countryCode: '86' },
    })
    expect(await fetchPhone('phone-13800001234')).toMatchObject({ errcode: 40029 })
    expect(await fetchPhone('phone-13800001234-2')).toMatchObject({ errcode: 0 })
    expect(await fetchPhone('phone-13800001234@o_alice', 'o_bob')).toMatchObject({ errcode: 40029 })
    expect(await fetchPhone('phone-13800001234@o_alice', 'o_alice')).toMatchObject({ errcode: 0 })
    expect(await fetchPhone('phone-1')).toMatchObject({ errcode: 40029 })
  })
})

describe('a subscribe message', () => {
  it('a subscribe message arrives on the phone of a user who has signed in', async () => {
    const { sandbox, login, send } = await startApp()
    expect(await send()).toMatchObject({ errcode: 40003 })
    await login('code-o_alice')
    expect(await send({ page: 'pages/order?sn=1' })).toEqual({ errcode: 0, errmsg: 'ok' })
    const received = await (await fetch(`${sandbox.url}/sandbox/messages?openid=o_alice`)).json()
    expect(received).toEqual([
      {
        openid: 'o_alice',
        templateId: sandbox.credentials.templates.orderPaid,
        page: 'pages/order?sn=1',
        data: orderPaid,
        time: expect.stringMatching(/Z$/),
      },
    ])
    expect(await (await fetch(`${sandbox.url}/sandbox/messages?openid=o_bob`)).json()).toEqual([])
  })

  it.each([
    ['thing1', '二十个字'.repeat(5), true],
    ['thing1', '二十个字'.repeat(5) + '多', false],
    ['thing1', '', false],
    ['character_string6', 'AB-12_34', true],
    ['character_string6', '订单', false],
    ['character_string6', 'a'.repeat(33), false],
    ['number1', '12.5', true],
    ['number1', '12x', false],
    ['letter1', 'abc', true],
    ['letter1', 'abc1', false],
    ['symbol1', '+-*/', true],
    ['symbol1', 'abc', false],
    ['time4', '15:01', true],
    ['time4', '2019年10月1日 15:01', true],
    ['time4', '2019年10月1日 15:01~2019年10月2日 12:00', true],
    ['time4', '25:01', false],
    ['time4', '2019年10月1日', false],
    ['time4', '2019-10-01 15:01', false],
    ['date2', '2019年13月1日', false],
    ['date2', '2019-10-01', false],
    ['date2', '15:01', false],
    ['amount2', '一百元', false],
    ['car_number1', '粤A-8888', false],
    ['date2', '2019年10月1日', true],
    ['date2', '明天', false],
    ['amount2', '¥128.00元', true],
    ['amount2', '128元', true],
    ['amount2', '12345678901', false],
    ['phone_number1', '+86-0766-66888866', true],
    ['phone_number1', '123456789012345678', false],
    ['car_number1', '粤A8Z888挂', true],
    ['name1', '张三', true],
    ['name1', '一二三四五六七八九十一', false],
    ['name1', 'Alexander Graham Bel', true],
    ['phrase3', '已付款', true],
    ['phrase3', '已经付款了啊', false],
    ['wrong', 'x', false],
  ])('a subscribe message with %s = %s is accepted: %s', async (key, value, isAccepted) => {
    const { login, send } = await startApp()
    await login('code-o_alice')
    expect((await send({ data: { [key]: { value } } })).errcode).toBe(isAccepted ? 0 : 47003)
  })

  it('a subscribe message is refused for an unknown template, wrong data, and under a fault', async () => {
    const { sandbox, login, send } = await startApp()
    await login('code-o_alice')
    expect(await send({ template_id: 'x' })).toMatchObject({ errcode: 40037 })
    expect(await send({ data: { thing1: '海边民宿' } })).toMatchObject({ errcode: 47001 })
    sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode: 43101, match: 'o_alice', times: 1 })
    expect(await send()).toMatchObject({ errcode: 43101 })
    expect(await send()).toMatchObject({ errcode: 0 })
    expect(sandbox.messages('o_alice')).toHaveLength(1)
  })
})

describe('the phone’s answer to wx.requestSubscribeMessage', () => {
  it('each acceptance allows one message more, and a rejection takes none back', async () => {
    const { answer, templates } = await startPhone()
    const [orderPaid, checkIn] = [templates.orderPaid, templates.checkIn]
    const openid = 'o_alice'
    expect(await answer({ openid, accepted: [orderPaid], rejected: [checkIn] })).toEqual({
      status: 200,
      json: [{ templateId: orderPaid, left: 1 }],
    })
    await answer({ openid, accepted: [orderPaid, checkIn], rejected: [] })
    expect((await answer({ openid, accepted: [], rejected: [orderPaid] })).json).toEqual([
      { templateId: orderPaid, left: 2 },
      { templateId: checkIn, left: 1 },
    ])
    expect((await answer({ openid: 'o_bob', rejected: [orderPaid] })).json).toEqual([])
  })

  it.each([
    ['no template', () => ({ accepted: [], rejected: [] })],
    ['a template of another app', () => ({ accepted: ['x'] })],
    ['a template twice', (id: string) => ({ accepted: [id], rejected: [id] })],
    ['six templates', (id: string) => ({ accepted: [id, 'a', 'b', 'c', 'd', 'e'] })],
    ['no user', (id: string) => ({ openid: undefined, accepted: [id] })],
    ['a field that there isn’t', (id: string) => ({ accepted: [id], answer: 'accept' })],
  ])('an answer with %s is refused', async (_what, change) => {
    const { answer, templates } = await startPhone()
    const body = { openid: 'o_alice', ...change(templates.orderPaid) }
    expect(await answer(body)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })
})

describe('shipping information', () => {
  it('shipping info is accepted for a paid order of that user, and corrected once', async () => {
    const { sandbox, post, token } = await startApp()
    const merchant = merchantOf(sandbox)
    await merchant.prepay('order-0001')
    const ship = async (changes: Record<string, unknown> = {}) => {
      const reply = await post(`/wxa/sec/order/upload_shipping_info?access_token=${await token()}`, {
        order_key: { order_number_type: 1, mchid: sandbox.credentials.mchid, out_trade_no: 'order-0001' },
        logistics_type: 3,
        delivery_mode: 1,
        shipping_list: [{ item_desc: '海边民宿' }],
        upload_time: '2026-11-22T12:00:00.000+08:00',
        payer: { openid: 'o_alice' },
        ...changes,
      })
      return reply.errcode
    }
    expect(await ship()).toBe(10060001)
    const { transactionId } = sandbox.payLate('order-0001')
    expect(await ship({ payer: { openid: 'o_bob' } })).toBe(10060031)
    expect(await ship({ shipping_list: [] })).toBe(10060014)
    expect(await ship()).toBe(0)
    expect(await ship({ order_key: { order_number_type: 2, transaction_id: transactionId } })).toBe(0)
    expect(await ship()).toBe(10060003)
  })
})
