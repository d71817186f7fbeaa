import { describe, expect, onTestFinished, test } from 'vitest'
import { type AccessToken, memoryTokenStore, withAccessToken } from '../../../src/wechat/access-token.ts'
import { MiniProgramError, WechatInputError } from '../../../src/wechat/errors.ts'
import { codeToSession, getPhoneNumber, type MiniProgram, openMiniProgram } from '../../../src/wechat/mini-program.ts'
import { remedyOf } from '../../../src/wechat/remedies.ts'
import { isTradeManaged, type ShippingInput, uploadShippingInfo } from '../../../src/wechat/shipping.ts'
import { sendSubscribeMessage } from '../../../src/wechat/subscribe-message.ts'
import { type Received, type Reply, startServer } from './fake-wechat.ts'

const appid = 'wx00000000000000aa'
const secret = 'the-secret-of-the-mini-program'
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const start = new Date('2026-06-01T08:00:00Z')
const message = { openid, templateId: 'TPL', page: 'pages/order', data: { thing1: '民宿', amount2: '¥123.45' } }

describe('a login code', () => {
  test('returns the user of a login code from an answer sent as text/plain', async () => {
    const answer = { openid, session_key: 'c2Vzc2lvbi1rZXktMTY=', unionid: 'u1' }
    const { mini, received } = await givenMiniProgram(() => answer)
    expect(await codeToSession(mini, 'a code&x=1')).toEqual({ openid, sessionKey: answer.session_key, unionid: 'u1' })
    const { pathname, searchParams } = new URL(received[0]?.path ?? '', 'http://x')
    expect(pathname).toBe('/sns/jscode2session')
    expect(Object.fromEntries(searchParams)).toEqual({
      appid,
      secret,
      js_code: 'a code&x=1',
      grant_type: 'authorization_code',
    })
  })

  test.each([{}, { unionid: null }, { unionid: '' }])('returns no unionid where WeChat answers %j', async (unionid) => {
    const { mini } = await givenMiniProgram(() => ({ openid, session_key: 'c2Vzc2lvbi1rZXktMTY=', ...unionid }))
    expect((await codeToSession(mini, 'c')).unionid).toBeUndefined()
  })

  test.each([
    [40029, 'never'],
    [40163, 'never'],
    [40226, 'never'],
    [45011, 'later'],
    [-1, 'later'],
    [40125, 'operator'],
    [98_765, 'operator'],
  ])('classifies errcode %i for a login code as worth repeating: %s', async (errcode, when) => {
    const { mini, received } = await givenMiniProgram(() => ({ errcode, errmsg: 'no' }))
    await expect(codeToSession(mini, 'c')).rejects.toMatchObject({ errcode, when })
    expect(received).toHaveLength(1)
  })

  test.each<[string, Reply | 'hang' | 'reset', boolean]>([
    ['nothing', 'hang', true],
    ['a reset', 'reset', true],
    ['HTTP 502', { status: 502, body: '<html>' }, true],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, false],
    ['no JSON', { body: '<html>' }, true],
  ])(
    'reports %s for a login code as worth repeating later, without its secret',
    async (_what, reply, outcomeUnknown) => {
      const { mini } = await givenMiniProgram(() => reply, reply === 'hang' ? { totalMs: 300 } : {})
      const error = await failureOf(codeToSession(mini, 'the-code'))
      expect(error).toMatchObject({ when: 'later', outcomeUnknown })
      expect(shown(error)).not.toMatch(/the-secret|the-code/)
    },
  )

  test('reports a login answer without a user to the operator', async () => {
    const { mini } = await givenMiniProgram(() => ({ session_key: 'x' }))
    const error = await failureOf(codeToSession(mini, 'c'))
    expect(error).toMatchObject({ when: 'operator', outcomeUnknown: true })
    expect(error.message).toMatch(/openid/)
  })
})

describe('an access token', () => {
  test('fetches the access token in normal mode, once for concurrent callers', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({})))
    expect(await Promise.all([1, 2, 3].map(() => mini.tokens.current()))).toEqual(['T1', 'T1', 'T1'])
    expect(received.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/cgi-bin/stable_token', { grant_type: 'client_credential', appid, secret, force_refresh: false }],
    ])
  })

  test.each([
    [7200, 6900],
    [301, 60],
    [200, 60],
  ])('keeps an access token of %i s for %i s', async (expiresIn, keptSeconds) => {
    let clock = start.getTime()
    const store = memoryTokenStore()
    const { mini } = await givenMiniProgram(
      tokenOr(() => ({}), expiresIn),
      { store, now: () => new Date(clock) },
    )
    await mini.tokens.current()
    expect((await store.read(appid))?.expiresAt).toEqual(new Date(clock + keptSeconds * 1000))
    clock += keptSeconds * 1000 - 1
    expect(await mini.tokens.current()).toBe('T1')
    clock += 1
    expect(await mini.tokens.current()).toBe('T2')
  })

  test('shares the access token through the store', async () => {
    const store = memoryTokenStore()
    await store.write(appid, { token: 'SHARED', expiresAt: new Date(Date.now() + 60_000) })
    const { mini, received } = await givenMiniProgram(
      tokenOr(() => ({})),
      { store },
    )
    expect(await mini.tokens.current()).toBe('SHARED')
    expect(received).toHaveLength(0)
  })

  test('fetches the access token again after a failure', async () => {
    const { mini } = await givenMiniProgram((_request, call) =>
      call === 1 ? { errcode: -1 } : { access_token: 'T', expires_in: 7200 },
    )
    await expect(mini.tokens.current()).rejects.toMatchObject({ when: 'later' })
    expect(await mini.tokens.current()).toBe('T')
  })

  test.each([40001, 40014, 42001])(
    'replaces an access token once after errcode %i, and repeats the call once',
    async (errcode) => {
      const { mini, received } = await givenMiniProgram(
        tokenOr(({ path }) => (path.includes('access_token=T1') ? { errcode } : { errcode: 0 })),
      )
      await sendSubscribeMessage(mini, message)
      expect(received.map(({ path }) => path)).toEqual([
        '/cgi-bin/stable_token',
        '/cgi-bin/message/subscribe/send?access_token=T1',
        '/cgi-bin/stable_token',
        '/cgi-bin/message/subscribe/send?access_token=T2',
      ])
      expect(received.every(({ body }) => !body.includes('"force_refresh":true'))).toBe(true)
    },
  )

  test('gives up after the replaced access token is refused as well', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 40001 })))
    await expect(sendSubscribeMessage(mini, message)).rejects.toMatchObject({ errcode: 40001, when: 'later' })
    expect(received).toHaveLength(4)
  })

  test('takes an access token that another process has replaced from the store', async () => {
    const store = memoryTokenStore()
    await store.write(appid, lasting('OLD'))
    const { mini, received } = await givenMiniProgram(() => ({}), { store })
    const used: string[] = []
    await withAccessToken(mini.tokens, async (name) => {
      used.push(name)
      if (name === 'NEW') return
      await store.write(appid, lasting('NEW'))
      throw new MiniProgramError('refused', { when: 'later', errcode: 40001 })
    })
    expect(used).toEqual(['OLD', 'NEW'])
    expect(received).toHaveLength(0)
  })
})

describe('a subscribe message', () => {
  test('sends a subscribe message in the documented format', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 0, errmsg: 'ok' })))
    await sendSubscribeMessage(mini, { ...message, data: { ...message.data, thing3: '一'.repeat(21) } })
    expect(JSON.parse(received[1]?.body ?? '')).toEqual({
      touser: openid,
      template_id: 'TPL',
      page: 'pages/order',
      data: { thing1: { value: '民宿' }, amount2: { value: '¥123.45' }, thing3: { value: `${'一'.repeat(19)}…` } },
    })
  })

  test('does not send a subscribe message with a value that breaks its type', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({})))
    await expect(sendSubscribeMessage(mini, { ...message, data: { amount2: 'much' } })).rejects.toThrow(
      WechatInputError,
    )
    expect(received).toHaveLength(0)
  })

  test.each([
    [43101, 'never'],
    [47003, 'operator'],
    [43108, 'later'],
    [45009, 'operator'],
    [40037, 'operator'],
    [43107, 'operator'],
  ])('classifies errcode %i for a subscribe message as worth repeating: %s', async (errcode, when) => {
    const { mini } = await givenMiniProgram(tokenOr(() => ({ errcode, errmsg: `${openid} said no` })))
    const error = await failureOf(sendSubscribeMessage(mini, message))
    expect(error).toMatchObject({ errcode, when })
    expect(shown(error)).not.toMatch(new RegExp(`${openid}|T1`))
  })

  test.each([40037, 41030, 43107, 45009, 45168, 47003])(
    'names the remedy of the alert in the error with errcode %i',
    async (errcode) => {
      const { mini } = await givenMiniProgram(tokenOr(() => ({ errcode })))
      const { message: note } = await failureOf(sendSubscribeMessage(mini, message))
      const remedy = remedyOf(String(errcode))
      expect(note).toContain(remedy)
      expect(remedy).not.toBe(remedyOf('an unknown code'))
    },
  )
})

describe('a phone number', () => {
  const phone = { phoneNumber: '+8613580006666', purePhoneNumber: '13580006666', countryCode: 86 }

  test('returns the phone number of the user whose code it is', async () => {
    const { mini, received } = await givenMiniProgram(
      tokenOr(() => ({ errcode: 0, phone_info: { ...phone, watermark: { appid, timestamp: 1 } } })),
    )
    expect(await getPhoneNumber(mini, { phoneCode: 'p', openid })).toEqual({ ...phone, countryCode: '86' })
    expect(JSON.parse(received[1]?.body ?? '')).toEqual({ code: 'p', openid })
  })

  test('rejects a phone number that was given to another mini-program', async () => {
    const { mini } = await givenMiniProgram(
      tokenOr(() => ({ errcode: 0, phone_info: { ...phone, watermark: { appid: 'wxother', timestamp: 1 } } })),
    )
    await expect(getPhoneNumber(mini, { phoneCode: 'p', openid })).rejects.toMatchObject({ when: 'never' })
  })
})

describe('shipping info', () => {
  const shipping: ShippingInput = {
    transactionId: '4200000001',
    logistics: 'virtual',
    shippingList: [{ itemDesc: '民宿 2 晚' }],
    uploadTime: start,
    openid,
  }

  test('uploads shipping info by transaction, or by our number and the merchant', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 0 })))
    await uploadShippingInfo(mini, shipping)
    await uploadShippingInfo(mini, {
      ...shipping,
      transactionId: undefined,
      outTradeNo: 'PX000001',
      mchid: '1900000001',
    })
    const bodies = received.slice(1).map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(bodies[0]).toEqual({
      order_key: { order_number_type: 2, transaction_id: '4200000001' },
      logistics_type: 3,
      delivery_mode: 1,
      shipping_list: [{ item_desc: '民宿 2 晚' }],
      upload_time: '2026-06-01T16:00:00+08:00',
      payer: { openid },
    })
    expect(bodies[1]?.order_key).toEqual({ order_number_type: 1, mchid: '1900000001', out_trade_no: 'PX000001' })
  })

  test('marks shipping info of several parcels as complete', async () => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 0 })))
    const parcel = { itemDesc: 'a', trackingNo: 'N1', expressCompany: 'SF', receiverContact: '189****1234' }
    await uploadShippingInfo(mini, { ...shipping, logistics: 'express', shippingList: [parcel, { itemDesc: 'b' }] })
    expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({
      logistics_type: 1,
      delivery_mode: 2,
      is_all_delivered: true,
      shipping_list: [
        { item_desc: 'a', tracking_no: 'N1', express_company: 'SF', contact: { receiver_contact: '189****1234' } },
        { item_desc: 'b' },
      ],
    })
  })

  test('reports shipping info for a payment that WeChat does not know yet as worth repeating later', async () => {
    const { mini } = await givenMiniProgram(tokenOr(() => ({ errcode: 10_060_001 })))
    await expect(uploadShippingInfo(mini, shipping)).rejects.toMatchObject({ when: 'later' })
  })

  test.each<[string, Partial<ShippingInput>]>([
    ['no order', { transactionId: undefined }],
    ['a number without a merchant', { transactionId: undefined, outTradeNo: 'PX000001' }],
    ['nothing shipped', { shippingList: [] }],
    ['something without a name', { shippingList: [{ itemDesc: ' ' }] }],
  ])('does not upload shipping info with %s', async (_what, wrong) => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 0 })))
    await expect(uploadShippingInfo(mini, { ...shipping, ...wrong })).rejects.toThrow(WechatInputError)
    expect(received).toHaveLength(0)
  })
})

describe('the duty to upload shipping info', () => {
  test.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
  ])('queries by app whether it is trade-managed, and parses %s', async (answered, expected) => {
    const { mini, received } = await givenMiniProgram(tokenOr(() => ({ errcode: 0, is_trade_managed: answered })))
    expect(await isTradeManaged(mini)).toBe(expected)
    expect(received[1]?.path).toBe('/wxa/sec/order/is_trade_managed?access_token=T1')
    expect(JSON.parse(received[1]?.body ?? '')).toEqual({ appid })
  })

  test('reports an undocumented answer about trade management to the operator', async () => {
    const { mini } = await givenMiniProgram(tokenOr(() => ({ errcode: 0 })))
    await expect(isTradeManaged(mini)).rejects.toMatchObject({ when: 'operator' })
  })
})

function lasting(token: string): AccessToken {
  return { token, expiresAt: new Date(Date.now() + 60_000) }
}

type Answer = (request: Received, call: number) => Record<string, unknown> | Reply | 'hang' | 'reset'

/** Answers token requests with T1, T2 …, and everything else as `answer` says. */
function tokenOr(answer: (request: Received) => Record<string, unknown>, expiresIn = 7200): Answer {
  let issued = 0
  return (request) => {
    if (request.path !== '/cgi-bin/stable_token') return answer(request)
    issued += 1
    return { access_token: `T${issued}`, expires_in: expiresIn }
  }
}

async function givenMiniProgram(
  answer: Answer,
  { store = memoryTokenStore(), now = () => new Date(), totalMs = 120_000 } = {},
): Promise<{ mini: MiniProgram; received: Received[] }> {
  const { url, received } = await startServer((request, call) => {
    const reply = answer(request, call)
    if (typeof reply === 'string' || 'body' in reply || 'status' in reply) return reply
    return { body: JSON.stringify(reply), headers: { 'content-type': 'text/plain' } }
  })
  const options = { tokenStore: store, now, timeouts: { totalMs } }
  const mini = openMiniProgram({ appid, secret, apiUrl: url }, options)
  onTestFinished(() => mini.close())
  return { mini, received }
}

async function failureOf(call: Promise<unknown>): Promise<MiniProgramError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(MiniProgramError)
  return error as MiniProgramError
}

/** Everything of an error that a log could show. */
function shown(error: Error): string {
  const cause = error.cause instanceof Error ? shown(error.cause) : ''
  return JSON.stringify(error) + error.message + String(error.stack) + cause
}
