import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { inject, onTestFinished } from 'vitest'
import { examine } from '../../src/doctor/doctor.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { listen } from '../harness/listen.ts'

const another = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const NOTICE_WITHIN_MS = 1_000

/** The environment that the app was configured with, but for `change`. */
function findings(app: TestApp, change: Record<string, string> = {}) {
  const env = {
    NODE_ENV: 'test',
    SESSION_SECRET: 'a secret of the tests that is long enough',
    REDIS_URL: inject('redisUrl') ?? '',
    ...app.sandbox.env,
    DATABASE_URL: app.databaseUrl,
    ...change,
  }
  return examine(env, NOTICE_WITHIN_MS)
}

async function wrong(app: TestApp, change: Record<string, string>) {
  const found = await findings(app, change)
  return found.filter(({ result }) => result === 'wrong').map(({ check, remedy }) => `${check}: ${remedy}`)
}

async function serve(answer: { status: number; date?: string }): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(answer.status, answer.date === undefined ? {} : { date: answer.date }).end('{}')
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
      'merchant of the database',
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
    expect(await app.deps.db.paymentMisfit.count({ where: { resolution: null } })).toBe(0)
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
    'names the cause, in one line, and not what follows from it: %s',
    async ([, change, check, words], { app }) => {
      const found = (await findings(app, change)).filter(({ result }) => result === 'wrong')
      expect(found.map((each) => each.check)).toEqual([check])
      expect(found[0]?.detail.replaceAll("'", '’')).toContain(words)
      expect(found[0]?.detail).not.toContain('\n')
    },
  )

  test('finds an APIv3 key that is not the one the API was started with', async ({ app }) => {
    expect(await wrong(app, { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) })).toEqual([
      'notice: start the API with these settings, or correct WECHAT_PAY_API_V3_KEY',
    ])
  })

  test('finds a wrong secret also where the processes share a token that is good', async ({ app }) => {
    await app.deps.mini.tokens.current()
    expect(await wrong(app, { WECHAT_APP_SECRET: '0'.repeat(32) })).toEqual(['access token: correct WECHAT_APP_SECRET'])
  })

  test('finds a database that nobody migrated, and says how', async ({ app }) => {
    await app.deps.db.$executeRaw`ALTER TABLE _prisma_migrations RENAME TO elsewhere`
    expect(await wrong(app, {})).toEqual(['migrations: run `npm run db:migrate`'])
  })

  test('finds a notice URL where something else answers', async ({ app }) => {
    const url = await serve({ status: 200 })
    expect(await wrong(app, { WECHAT_PAY_NOTIFY_URL: url })).toEqual([expect.stringMatching(/^notice URL/)])
  })

  test('finds that money would stay frozen, because nobody tells WeChat of deliveries', async ({ app }) => {
    app.sandbox.changeSettings({ tradeManaged: true })
    expect(await wrong(app, {})).toEqual(['shipping info: set ORDER_UPLOAD_SHIPPING=true'])
    expect(await wrong(app, { ORDER_UPLOAD_SHIPPING: 'true' })).toEqual([])
  })

  test('finds a clock that is off', async ({ app }) => {
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
    'finds a merchant who may not take payments: %s',
    async (code, { app }) => {
      app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code })
      expect(await wrong(app, {})).toEqual([expect.stringMatching(/^app and merchant: .*JSAPI payment is active/)])
    },
  )

  test.for(['PARAM_ERROR', 'OPENID_MISMATCH'] as const)(
    'takes it for right that WeChat doesn’t know its payer: %s',
    async (code, { app }) => {
      app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code })
      expect(await wrong(app, {})).toEqual([])
    },
  )
})

describe('the doctor of an app with another APIv3 key than the merchant platform has', {
  skip: inject('redisUrl') === null,
}, () => {
  test.override({ env: { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) } })

  test('finds that notices arrive and can not be opened', async ({ app }) => {
    const found = await wrong(app, { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) })
    expect(found).toEqual([expect.stringMatching(/^notice: .*WECHAT_PAY_API_V3_KEY/)])
  })
})
