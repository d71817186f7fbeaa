import { describe, expect, test } from 'vitest'
import { openLogger } from '../../src/infra/logger.ts'
import { withRequestId } from '../../src/infra/request-context.ts'

function logged(write: (log: ReturnType<typeof openLogger>) => void): string {
  let text = ''
  write(openLogger('trace', { write: (line) => void (text += line) }))
  return text
}

const loggedMessage = (message: string): string => JSON.parse(logged((log) => log.info(message))).msg

/** How far a measured processor time may be off, in microseconds. */
const NOISE_US = 1_000

/** Processor time of this process in microseconds: the least of five runs, so that other load hardly counts. */
function costOf(run: () => void): number {
  const runs = [1, 2, 3, 4, 5].map(() => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...runs)
}

describe('the log', () => {
  test.each([
    ['headers', { headers: { authorization: 'Bearer hunter2' } }],
    ['settings', { config: { wechat: { pay: { apiV3Key: 'hunter2', mchPrivateKey: 'hunter2' } } } }],
    ['tokens in lists', { sessions: [{ access_token: 'hunter2' }] }],
    ['entry codes', { order: { tradeCode: 'hunter2' } }],
    ['login codes in URLs', { url: 'https://api.weixin.qq.com/sns/jscode2session?js_code=hunter2&appid=wx1' }],
    ['passwords in URLs', { url: 'postgresql://looklook:hunter2@db/looklook' }],
    ['keys in texts', { text: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----' }],
    ['error messages', { err: new Error('GET /cgi-bin/message?access_token=hunter2 failed') }],
    ['causes of errors', { err: new Error('failed', { cause: new Error('redis://:hunter2@cache is away') }) }],
    ['answers kept as text', { body: JSON.stringify({ errcode: 0, access_token: 'hunter2' }) }],
    ['requests to WeChat', { authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1",signature="hunter2"' }],
    ['properties of errors', { err: Object.assign(new Error('failed'), { request: { secret: 'hunter2' } }) }],
  ])('masks secrets in %s', (_where, fields) => {
    const text = logged((log) => log.info(fields, 'something happened'))
    expect(text).toContain('something happened')
    expect(text).not.toContain('hunter2')
  })

  test('gives each line of a request its id, and none the fields of another line', () => {
    const text = logged((log) =>
      withRequestId('r-1', () => {
        log.warn({ outTradeNo: 'PA1', err: new Error('failed') }, 'one')
        log.info('two')
      }),
    )
    const [one, two] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(one).toMatchObject({ requestId: 'r-1', outTradeNo: 'PA1', msg: 'one' })
    expect(two).toEqual({ level: 'info', time: expect.any(String), requestId: 'r-1', msg: 'two' })
  })

  test('leaves out the connection that pg attaches to an error', () => {
    const client = { secretKey: 1234567, host: 'db' }
    const text = logged((log) => log.warn({ err: Object.assign(new Error('terminated'), { code: '57P01', client }) }))
    expect(JSON.parse(text).err).toMatchObject({ message: 'terminated', code: '57P01' })
    expect(text).not.toContain('secretKey')
  })

  test('masks secrets in the fields of a child logger and in messages', () => {
    expect(logged((log) => log.child({ token: 'hunter2' }).info('hello'))).not.toContain('hunter2')
    expect(logged((log) => log.info('postgresql://looklook:hunter2@db/looklook is away'))).not.toContain('hunter2')
  })

  test.each([
    ['a row that breaks a check', 'Failing row contains (HO1, hunter2, {"a": ")"}, say "hunter2"\nhunter2).'],
    ['a row that is there already', 'Key (appid, openid)=(wx1, hunter2) already exists.'],
    ['a row that refers to none', 'Key ("userId")=(hunter2) is not present in table "user".'],
    ['a row that is referred to', 'Key (id)=(hunter2) is still referenced from table "payment".'],
    [
      'a row that overlaps another',
      'Key (id, nights)=(hunter2, [2026-08-01,2026-08-03)) conflicts with existing key (id, nights)=(hunter2, [2026-08-02,2026-08-05)).',
    ],
  ])('masks the values of %s, and keeps the rest of the line', (_what, detail) => {
    const text = logged((log) => {
      log.info({ err: Object.assign(new Error('failed'), { meta: { cause: { detail, kind: 'postgres' } } }) }, 'one')
      log.info({ err: new Error(`Message: \`ERROR: no. DETAIL: ${detail}\``) }, 'two')
      log.info({ body: JSON.stringify({ detail }) }, 'three')
      log.info(detail)
    })
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('2026-08')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(4)
    expect(lines[3].msg).toContain(detail.slice(0, detail.indexOf('=(') + 1) || 'Failing row contains (***')
    expect(lines[0]).toMatchObject({ msg: 'one', err: { meta: { cause: { kind: 'postgres' } } } })
    expect(lines[1]).toMatchObject({ msg: 'two', err: { message: expect.stringContaining('ERROR: no.') } })
    expect(lines[1].err.stack).toMatch(/\n {4}at /)
    expect(lines[2].body).toContain('***')
  })

  test('keeps the names of columns in a line about a broken constraint', () => {
    expect(loggedMessage('Key (appid, openid)=(wx1, o_1) already exists.')).toBe(
      'Key (appid, openid)=(***) already exists.',
    )
    expect(loggedMessage('Key (id)=(a) conflicts with existing key (id)=(b).')).toBe(
      'Key (id)=(***) conflicts with existing key (id)=(***).',
    )
  })

  // Untrusted input ends up in log lines about failures, and masking a line blocks the process.
  test.each([
    'a',
    'openid',
    'token=',
    '://',
    'a://b:',
    '"',
    '"token"',
    '\\"token\\":',
    'Bearer ',
    'Failing row contains (',
    'Key (a)=(',
    'Key (a',
    'key (a)=(b) ',
    '-----BEGIN PRIVATE KEY-----',
    'privatekey',
    '\\"privatekey',
  ])('masks a line of 100 KiB that repeats %s without blocking the process', (piece) => {
    const write = (length: number) => logged((log) => log.info({ text: piece.repeat(length / piece.length) }))
    // The short one first: if a search started anew at every letter, the long one would take minutes.
    for (const length of [10 * 1024, 100 * 1024]) {
      const whole = costOf(() => write(length))
      const tenths = costOf(() => {
        for (let tenth = 0; tenth < 10; tenth++) write(length / 10)
      })
      expect(whole).toBeLessThan(4 * tenths + NOISE_US)
    }
  })

  test('cuts a long text, and says how much is missing', () => {
    const { msg, list, err } = JSON.parse(
      logged((log) => log.info({ list: ['y'.repeat(5_000)], err: new Error('z'.repeat(5_000)) }, 'x'.repeat(1_100))),
    )
    expect(msg).toBe(`${'x'.repeat(1_024)}✂ 76 more`)
    expect(list).toEqual([`${'y'.repeat(1_024)}✂ 3976 more`])
    expect(err.message).toBe(`${'z'.repeat(1_024)}✂ 3976 more`)
  })

  test('keeps the frames of a stack trace whose message is cut', () => {
    const { err } = JSON.parse(logged((log) => log.info({ err: new Error('z'.repeat(5_000)) })))
    expect(err.stack).toMatch(/z✂ \d+ more\n {4}at .*logger\.test\.ts/)
  })

  test('cuts a text of quotes, backslashes and wide characters into valid JSON', () => {
    for (const piece of ['"', '\\', '\n', '😀', '\u0001', '{"a":"']) {
      for (const before of ['', 'x']) {
        const { text } = JSON.parse(logged((log) => log.info({ text: before + piece.repeat(2_000) })))
        expect(text).toMatch(/✂ \d+ more$/)
      }
    }
  })

  test('cuts a text of many megabytes', () => {
    const { text } = JSON.parse(logged((log) => log.info({ text: '\\'.repeat(10_000_000) })))
    expect(text).toMatch(/✂ 9998976 more$/)
  })

  test.each([
    ['a password in a URL', 'redis://looklook:', '@cache'],
    ['a token in a URL', '/message?access_token=', '&x=1'],
    ['a token in a header', 'Bearer ', ' x'],
    ['a property of JSON', '{"session_key":"', '"}'],
    ['a private key', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'],
    ['a row that is there already', 'Key (openid)=(', ') already exists.'],
    ['a row that breaks a check', 'Failing row contains (', ').'],
  ])('shows no part of %s that the cut goes through', (_what, before, after) => {
    for (let place = 1_024 - before.length - 40; place < 1_024; place++) {
      const text = `${' '.repeat(place)}${before}${'hunter2'.repeat(4)}${after}`
      expect(logged((log) => log.info({ text }, text))).not.toContain('hunt')
    }
  })

  test('keeps enough of a phone number and an openid to tell users apart', () => {
    const text = logged((log) =>
      log.info({ user: { phoneNumber: '13800138000', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } }),
    )
    expect(JSON.parse(text)).toMatchObject({ user: { phoneNumber: '138****8000', openid: 'oUpF…eS6o' } })
  })
})
