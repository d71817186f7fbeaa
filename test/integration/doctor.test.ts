import { generateKeyPairSync } from 'node:crypto'
import { createServer, request as startRequest } from 'node:http'
import { inject, onTestFinished } from 'vitest'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { environment, examineIn, findings, serve, serveSilence, wrong } from '../harness/doctor.ts'
import { listen } from '../harness/listen.ts'

const CHINESE = /\p{Script=Han}/u

const another = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** A proxy of the sandbox that gives one path this answer. */
async function serveBefore({ sandbox }: TestApp, path: string, answer: { status: number; body: string }) {
  const server = createServer((request, response) => {
    if (request.url === path) return response.writeHead(answer.status).end(answer.body)
    const { method, headers } = request
    const forwarded = startRequest(sandbox.url + request.url, { method, headers }, (answered) => {
      answered.pipe(response.writeHead(answered.statusCode ?? 500, answered.headers))
    })
    return request.pipe(forwarded)
  })
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${port}`
}

describe('the doctor', { skip: inject('redisUrl') === null }, () => {
  test('finds nothing wrong with a configuration that works', async ({ app }) => {
    const found = await findings(app)
    expect(found.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(found.map(({ check }) => check)).toEqual([
      'settings',
      'database',
      'migrations',
      'database sessions',
      'merchant of the database',
      'workers',
      'Redis',
      'clock',
      'signature',
      'public key',
      'app and merchant',
      'notice URL',
      'notice',
      'access token',
      'WECHAT_TEMPLATE_ORDER_PAID',
      'WECHAT_TEMPLATE_CHECK_IN',
      'WECHAT_TEMPLATE_REFUNDED',
      'shipping info',
    ])
    expect(await app.deps.db.payment.count()).toBe(0)
    const made = [...app.sandbox.ledger.orders.values()]
    expect(made).toMatchObject([{ totalFen: 1, state: 'CLOSED' }])
    expect(await app.deps.db.paymentMismatch.count({ where: { resolution: null } })).toBe(0)
  })

  test('says all of it in Chinese, too', async ({ app }) => {
    const broken = {
      WECHAT_APP_SECRET: '0'.repeat(32),
      WECHAT_TEMPLATE_CHECK_IN: 'nothing',
      REDIS_URL: 'redis://127.0.0.1:1',
    }
    const malformed = { WECHAT_PAY_MCH_ID: 'x', SESSION_SECRET: 'short', LOG_LEVEL: 'loud' }
    const changes: Record<string, string>[] = [{}, broken, malformed]
    for (const change of changes) {
      const found = await findings(app, change, { language: 'zh' })
      const english = await findings(app, change)
      expect(found.map(({ result }) => result)).toEqual(english.map(({ result }) => result))
      for (const { detail, remedy } of found) {
        expect(detail).toMatch(CHINESE)
        if (remedy !== undefined) expect(remedy).toMatch(CHINESE)
      }
      for (const { check, remedy } of english) expect(`${check} ${remedy}`).not.toMatch(CHINESE)
    }
  })

  test('finds a proxy before the API that TRUSTED_PROXIES does not count', async ({ app }) => {
    const change = { WECHAT_PAY_NOTIFY_URL: 'https://pay.example.com/wechat/pay/notify' }
    const first = async (env: Record<string, string>) => {
      const checking = examineIn('en', environment(app, env))
      await checking.next()
      const { value } = await checking.next()
      await checking.return()
      return value
    }
    const remedy = expect.stringContaining('set TRUSTED_PROXIES to the number of proxies')
    expect(await first(change)).toMatchObject({ check: 'TRUSTED_PROXIES', result: 'wrong', remedy })
    expect(await first({ ...change, TRUSTED_PROXIES: '1' })).toMatchObject({ check: 'database', result: 'ok' })
  })

  test.for([
    ['a private key that is none', { WECHAT_PAY_MCH_PRIVATE_KEY: 'secret' }, /^WECHAT_PAY_MCH_PRIVATE_KEY/],
    ['another private key', { WECHAT_PAY_MCH_PRIVATE_KEY: another.privateKey }, /^signature: .*PRIVATE_KEY/],
    ['another serial', { WECHAT_PAY_MCH_CERT_SERIAL: 'A'.repeat(40) }, /^signature: .*CERT_SERIAL/],
    ['another merchant', { WECHAT_PAY_MCH_ID: '1900000999' }, /WECHAT_PAY_MCH_ID/],
    ['another public key', { WECHAT_PAY_PUBLIC_KEY: another.publicKey }, /^public key: .*WECHAT_PAY_PUBLIC_KEY/],
    [
      'another public key id',
      { WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119000001092026010100000000000001' },
      /PUBLIC_KEY_ID/,
    ],
    ['an app of somebody else', { WECHAT_APP_ID: 'wx0000000000000000' }, /^app and merchant: .*WECHAT_APP_ID/],
    ['another app secret', { WECHAT_APP_SECRET: '0'.repeat(32) }, /^access token: correct WECHAT_APP_SECRET/],
    ['a template that is not there', { WECHAT_TEMPLATE_CHECK_IN: 'nothing' }, /^WECHAT_TEMPLATE_CHECK_IN/],
    ['a template without such keys', { WECHAT_TEMPLATE_REFUNDED: 'ID:amount3=amount9' }, /name its keys/],
    [
      'another kind of value than a key can hold',
      { WECHAT_TEMPLATE_REFUNDED: 'ID:amount3=number9' },
      /^WECHAT_TEMPLATE/,
    ],
    ['a notice URL where nobody is', { WECHAT_PAY_NOTIFY_URL: 'http://127.0.0.1:1/wechat/pay/notify' }, /^notice URL/],
    ['a database that is away', { DATABASE_URL: 'postgresql://127.0.0.1:1/none' }, /^database: .*DATABASE_URL/],
    ['a Redis that is away', { REDIS_URL: 'redis://127.0.0.1:1' }, /^Redis: .*REDIS_URL/],
  ] as const)('finds %s', async ([, change, finding], { app }) => {
    const { WECHAT_TEMPLATE_REFUNDED: refunded = '' } = app.sandbox.env
    const planted = Object.entries(change).map(([name, value]) => [name, value.replace(/^ID:/, `${refunded}:`)])
    expect((await wrong(app, Object.fromEntries(planted))).join('\n')).toMatch(new RegExp(finding, 'm'))
  })

  test.for([
    ['a signature', { WECHAT_PAY_MCH_CERT_SERIAL: 'A'.repeat(40) }, 'signature', 'WeChat answers 401 SIGN_ERROR'],
    ['a public key', { WECHAT_PAY_PUBLIC_KEY: another.publicKey }, 'public key', 'WeChat answers 400 PARAM_ERROR'],
    ['a database', { DATABASE_URL: 'postgresql://127.0.0.1:1/none' }, 'database', 'Can’t reach database server'],
    ['an address', { WECHAT_PAY_API_URL: 'http://127.0.0.1:2' }, 'clock', 'ECONNREFUSED'],
  ] as const)(
    'names the cause in one line, and not its consequences: %s',
    async ([, change, check, words], { app }) => {
      const found = (await findings(app, change)).filter(({ result }) => result === 'wrong')
      expect(found.map((each) => each.check)).toEqual([check])
      expect(found[0]?.detail.replaceAll("'", '’')).toContain(words)
      expect(found[0]?.detail).not.toContain('\n')
    },
  )

  test('finds a template with a key that no message fills, which WeChat refuses', async ({ app }) => {
    const keys = ['character_string1', 'thing2', 'amount3', 'phrase4']
    const id = app.sandbox.addTemplate(keys)
    const found = await findings(app, { WECHAT_TEMPLATE_REFUNDED: id })
    expect(found.filter(({ result }) => result === 'wrong')).toMatchObject([
      { check: 'WECHAT_TEMPLATE_REFUNDED', detail: expect.stringContaining('also has phrase4') },
    ])
  })

  test('finds a wrong AppSecret although the processes share a valid token', async ({ app }) => {
    await app.deps.mini.tokens.current()
    expect(await wrong(app, { WECHAT_APP_SECRET: '0'.repeat(32) })).toEqual(['access token: correct WECHAT_APP_SECRET'])
  })

  test('finds that money would stay frozen because no shipping info is uploaded', async ({ app }) => {
    app.sandbox.changeSettings({ tradeManaged: true })
    expect(await wrong(app, {})).toEqual(['shipping info: set ORDER_UPLOAD_SHIPPING=true'])
    expect(await wrong(app, { ORDER_UPLOAD_SHIPPING: 'true' })).toEqual([])
  })

  test('yields each finding before it runs the next check', async ({ app }) => {
    const silent = await serveSilence()
    const checking = examineIn('en', environment(app, { REDIS_URL: `redis://${silent}` }))
    expect((await checking.next()).value).toMatchObject({ check: 'settings', result: 'ok' })
    expect((await checking.next()).value).toMatchObject({ check: 'database', result: 'ok' })
    await checking.return(undefined)
  })

  test.for([
    [90, 'wrong'],
    [-90, 'wrong'],
    [45, 'ok'],
  ] as const)('finds a clock that is %i s off %s', async ([seconds, result], { app }) => {
    const url = await serve({ status: 404, date: new Date(Date.now() - seconds * 1_000).toUTCString() })
    const found = await findings(app, { WECHAT_PAY_API_URL: url })
    expect(found).toContainEqual(expect.objectContaining({ check: 'clock', result }))
  })

  test('finds that WeChat knows no such merchant', async ({ app }) => {
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'MCH_NOT_EXISTS' })
    expect(await wrong(app, {})).toEqual(['signature: correct WECHAT_PAY_MCH_ID'])
  })

  test.for([
    ['SYSTEM_ERROR', 'signature: run it again in a while'],
    ['FREQUENCY_LIMITED', 'signature: run it again in a while'],
    ['NO_AUTH', expect.stringMatching(/^signature: .*merchant platform/)],
    ['PARAM_ERROR', expect.stringMatching(/^signature: .*merchant platform/)],
  ] as const)('does not blame the URL for an answer with a code of WeChat: %s', async ([code, expected], { app }) => {
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code })
    expect(await wrong(app, {})).toEqual([expected])
  })

  test('blames the URL for an answer without a code of WeChat', async ({ app }) => {
    const url = await serve({ status: 404, date: new Date().toUTCString() })
    expect(await wrong(app, { WECHAT_PAY_API_URL: url })).toEqual([
      'signature: see that WECHAT_PAY_API_URL is right and can be reached from here',
    ])
  })

  test.for([
    ['the app', '输入源“/body/appid”不合法', ['app and merchant: correct WECHAT_APP_ID or WECHAT_PAY_MCH_ID']],
    ['the payer', '输入源“/body/payer/openid”与appid不匹配', []],
  ] as const)('tells from the refusal of an order what it is about: %s', async ([, message, expected], { app }) => {
    const refusal = { status: 400, body: JSON.stringify({ code: 'PARAM_ERROR', message }) }
    const url = await serveBefore(app, '/v3/pay/transactions/jsapi', refusal)
    const found = (await wrong(app, { WECHAT_PAY_API_URL: url })).map((line) => line.replace(/,.*/, ''))
    expect(found).toEqual(expected)
  })

  test('finds that something else answers at the URL of the mini-program API', async ({ app }) => {
    const url = await serve({ status: 404 })
    expect(await wrong(app, { WECHAT_API_URL: url })).toEqual([
      'access token: see that WECHAT_API_URL is right and can be reached from here',
    ])
  })

  test('finds a clock that is far off', async ({ app }) => {
    const ahead = new Date(Date.now() + 200_000).toUTCString()
    const url = await serve({ status: 404, date: ahead })
    const found = await findings(app, { WECHAT_PAY_API_URL: url })
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'clock',
        result: 'wrong',
        detail: expect.stringMatching(/(199|200|201) s behind/),
      }),
    )
    expect(found).toContainEqual(expect.objectContaining({ check: 'signature', result: 'skipped' }))
  })

  test.for(['NO_AUTH', 'ACCOUNT_ERROR', 'RULE_LIMIT'] as const)(
    'finds a merchant who may not receive payments: %s',
    async (code, { app }) => {
      app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code })
      expect(await wrong(app, {})).toEqual([expect.stringMatching(/^app and merchant: .*JSAPI payment is active/)])
    },
  )

  test.for(['PARAM_ERROR', 'OPENID_MISMATCH'] as const)(
    'accepts that WeChat does not know the payer of the test order: %s',
    async (code, { app }) => {
      app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code })
      expect(await wrong(app, {})).toEqual([])
    },
  )
})
