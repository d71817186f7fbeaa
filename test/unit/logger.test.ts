import { describe, expect, test } from 'vitest'
import { openLogger } from '../../src/infra/logger.ts'

function logged(write: (log: ReturnType<typeof openLogger>) => void): string {
  let text = ''
  write(openLogger('trace', { write: (line) => void (text += line) }))
  return text
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
  ])('holds back secrets in %s', (_where, fields) => {
    const text = logged((log) => log.info(fields, 'something happened'))
    expect(text).toContain('something happened')
    expect(text).not.toContain('hunter2')
  })

  test('holds back secrets that a child logger carries, and in messages', () => {
    expect(logged((log) => log.child({ token: 'hunter2' }).info('hello'))).not.toContain('hunter2')
    expect(logged((log) => log.info('postgresql://looklook:hunter2@db/looklook is away'))).not.toContain('hunter2')
  })

  // What a stranger sends ends up in lines about what failed, and each line is masked before anything else happens.
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
    '-----BEGIN PRIVATE KEY-----',
  ])('takes a line of 100 KiB that repeats %s without holding up the process', (piece) => {
    const text = piece.repeat((100 * 1024) / piece.length)
    const startedAt = performance.now()
    logged((log) => log.info({ text }))
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('keeps enough of a phone number and an openid to recognise them', () => {
    const text = logged((log) =>
      log.info({ user: { phoneNumber: '13800138000', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } }),
    )
    expect(JSON.parse(text)).toMatchObject({ user: { phoneNumber: '138****8000', openid: 'oUpF…eS6o' } })
  })
})
