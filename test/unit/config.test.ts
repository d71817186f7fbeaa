import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig, type Role } from '../../src/config.ts'

const merchant = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const platform = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const servers = {
  DATABASE_URL: 'postgresql://looklook:secret@db.internal:5432/looklook',
  REDIS_URL: 'redis://cache.internal:6379',
}
const wechat = {
  WECHAT_APP_ID: 'wx8888888888888888',
  WECHAT_APP_SECRET: '0123456789abcdef0123456789abcdef',
  WECHAT_PAY_MCH_ID: '1900000109',
  WECHAT_PAY_MCH_CERT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  WECHAT_PAY_MCH_PRIVATE_KEY: merchant.privateKey,
  WECHAT_PAY_API_V3_KEY: 'ThisKeyIsOnlyForThisTestFile0001',
  WECHAT_PAY_NOTIFY_URL: 'https://pay.example.com/wechat/pay/notify',
}
const api = { ...servers, ...wechat, SESSION_SECRET: 'a secret that is at least 32 bytes long' }

const vectors = readFileSync(new URL('../conformance/vectors.json', import.meta.url), 'utf8')

function problemsOf(env: NodeJS.ProcessEnv, role: Role = 'api'): string[] {
  try {
    loadConfig(env, role)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map((problem) => problem.name)
  }
}

/** The field of `config.limits` that a setting is for: `bodyBytes` of LIMIT_BODY_BYTES. */
function camelCase(setting: string): string {
  const words = setting.replace('LIMIT_', '').toLowerCase()
  return words.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : []
}

describe('the configuration', () => {
  test('gives an API process the documented defaults', () => {
    expect(loadConfig(api, 'api')).toMatchObject({
      production: true,
      server: { host: '127.0.0.1', port: 4000 },
      metrics: { host: '127.0.0.1', port: 9464 },
      dataDir: '.data',
      logLevel: 'info',
      session: { ttlSeconds: 604_800 },
      order: { paySeconds: 1800, closeGraceSeconds: 30, unpaidLimit: 5 },
      payment: { recheckSeconds: [5, 15, 30, 60, 180, 600] },
      rateLimitFactor: 1,
      sandbox: { port: 4010, allowOnNetwork: false, hosts: [] },
      wechat: {
        isSandbox: false,
        pay: { apiUrl: 'https://api.mch.weixin.qq.com' },
        mini: { apiUrl: 'https://api.weixin.qq.com' },
      },
    })
  })

  test('runs an API and a worker as production unless NODE_ENV says otherwise, and npm start in development', () => {
    expect(loadConfig(api, 'worker').production).toBe(true)
    expect(loadConfig({}, 'start').production).toBe(false)
    for (const role of ['api', 'worker'] as const) {
      expect(loadConfig({ ...api, NODE_ENV: 'development' }, role).production).toBe(false)
      expect(problemsOf({ ...api, WECHAT_PAY_API_URL: 'http://127.0.0.1:4010' }, role)).toEqual(['WECHAT_PAY_API_URL'])
    }
  })

  test('gives the metrics a port of their own for an API in production alone', () => {
    const set = { METRICS_PORT: '9000', METRICS_HOST: '::1' }
    expect(loadConfig({ ...api, ...set }, 'api').metrics).toEqual({ host: '::1', port: 9000 })
    expect(loadConfig({ ...api, ...set, NODE_ENV: 'development' }, 'api').metrics).toBeUndefined()
    expect(loadConfig({ ...api, ...set }, 'worker').metrics).toBeUndefined()
    expect(loadConfig({ ...wechat, ...set, NODE_ENV: 'production' }, 'start').metrics).toBeUndefined()
  })

  test('publishes to Kafka where brokers are named, under the topic’s default name', () => {
    expect(loadConfig({ ...servers, ...wechat }, 'worker').kafka).toBeUndefined()
    const kafka = { ...servers, ...wechat, KAFKA_BROKERS: 'kafka-1.internal:9092, [::1]:9092' }
    const brokers = ['kafka-1.internal:9092', '[::1]:9092']
    expect(loadConfig(kafka, 'worker').kafka).toEqual({ brokers, topic: 'payment-update-paystatus-topic' })
    expect(loadConfig({ ...kafka, KAFKA_TOPIC: 'pay' }, 'worker').kafka?.topic).toBe('pay')
    for (const wrong of ['kafka', 'kafka:', 'kafka:9092,', 'http://kafka:9092', 'a b:1']) {
      const problems = problemsOf({ ...kafka, KAFKA_BROKERS: wrong }, 'worker')
      expect({ wrong, problems }).toEqual({ wrong, problems: ['KAFKA_BROKERS'] })
    }
    expect(problemsOf({ ...kafka, KAFKA_TOPIC: 'a topic' }, 'worker')).toEqual(['KAFKA_TOPIC'])
  })

  test('makes traces where an OTLP endpoint is named', () => {
    expect(loadConfig(api, 'api').otlpEndpoint).toBeUndefined()
    const url = 'https://collector.internal:4318'
    expect(loadConfig({ ...api, OTEL_EXPORTER_OTLP_ENDPOINT: url }, 'api').otlpEndpoint).toBe(url)
    for (const wrong of ['collector:4318', 'grpc://collector:4317', 'http://'])
      expect(problemsOf({ ...api, OTEL_EXPORTER_OTLP_ENDPOINT: wrong })).toEqual(['OTEL_EXPORTER_OTLP_ENDPOINT'])
  })

  test('lets the operator’s command read what it needs alone, as production unless NODE_ENV says otherwise', () => {
    const admin = { DATABASE_URL: servers.DATABASE_URL, PORT: 'wrong', WECHAT_PAY_API_V3_KEY: 'wrong' }
    expect(loadConfig(admin, 'admin')).toMatchObject({ production: true, webhook: { allowPrivate: false } })
    const set = { ...admin, NODE_ENV: 'development', WEBHOOK_ALLOW_PRIVATE: 'true' }
    expect(loadConfig(set, 'admin')).toMatchObject({ production: false, webhook: { allowPrivate: true } })
    expect(problemsOf({ WEBHOOK_ALLOW_PRIVATE: 'yes' }, 'admin')).toEqual(['DATABASE_URL', 'WEBHOOK_ALLOW_PRIVATE'])
  })

  test('has the console listen on this machine alone, and wants an https URL for one that doesn’t', () => {
    const console = { DATABASE_URL: servers.DATABASE_URL, ...wechat }
    expect(loadConfig(console, 'console').console).toEqual({
      host: '127.0.0.1',
      port: 4002,
      url: 'http://127.0.0.1:4002',
    })
    const url = 'https://console.example.com/'
    expect(loadConfig({ ...console, CONSOLE_HOST: '0.0.0.0', CONSOLE_URL: url }, 'console').console).toEqual({
      host: '0.0.0.0',
      port: 4002,
      url: 'https://console.example.com',
    })
    expect(problemsOf({ ...console, CONSOLE_HOST: '0.0.0.0' }, 'console')).toEqual(['CONSOLE_URL'])
    for (const wrong of ['http://console.example.com', 'https://a@b', 'https://a/?b', 'https://a/#b', 'console']) {
      const problems = problemsOf({ ...console, CONSOLE_URL: wrong }, 'console')
      expect({ wrong, problems }).toEqual({ wrong, problems: ['CONSOLE_URL'] })
    }
    expect(problemsOf({ ...api, CONSOLE_URL: 'wrong' }, 'api')).toEqual([])
    const atPath = { CONSOLE_URL: 'https://example.com/console/' }
    expect(problemsOf({ ...console, ...atPath }, 'console')).toEqual(['CONSOLE_URL'])
    expect(problemsOf({ ...servers, ...atPath }, 'admin')).toEqual([])
  })

  test('has a worker listen on 4001, and ignores its SESSION_SECRET', () => {
    expect(loadConfig({ ...servers, ...wechat }, 'worker').server.port).toBe(4001)
    expect(problemsOf({ ...servers, ...wechat, SESSION_SECRET: 'short' }, 'worker')).toEqual([])
  })

  test('reports every missing and every malformed variable at once', () => {
    const env = { PORT: '4000x', HOST: 'a b', WECHAT_PAY_API_V3_KEY: 'short', WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1' }
    expect(problemsOf(env).toSorted()).toEqual([
      'DATABASE_URL',
      'HOST',
      'PORT',
      'REDIS_URL',
      'SESSION_SECRET',
      'WECHAT_APP_ID',
      'WECHAT_APP_SECRET',
      'WECHAT_PAY_API_V3_KEY',
      'WECHAT_PAY_MCH_CERT_SERIAL',
      'WECHAT_PAY_MCH_ID',
      'WECHAT_PAY_MCH_PRIVATE_KEY',
      'WECHAT_PAY_NOTIFY_URL',
      'WECHAT_PAY_PUBLIC_KEY',
    ])
  })

  test('never prints the value of a rejected variable', () => {
    const wrong = Object.fromEntries(Object.keys(api).map((name) => [name, `hunter2 ${name.toLowerCase()}`]))
    expect(() => loadConfig(wrong, 'api')).toThrow(ConfigError)
    expect(() => loadConfig(wrong, 'api')).not.toThrow(/hunter2/)
  })

  test('treats an empty variable as unset', () => {
    expect(loadConfig({ ...api, PORT: '', LOG_LEVEL: ' ' }, 'api')).toMatchObject({
      server: { port: 4000 },
      logLevel: 'info',
    })
  })

  test.each([
    ['PORT', '65536'],
    ['DATABASE_URL', 'mysql://db/looklook'],
    ['DATABASE_URL', 'db.internal'],
    ['REDIS_URL', 'http://cache'],
    ['SESSION_SECRET', '31 bytes are not enough for it.'],
    ['SESSION_SECRET', 'a'.repeat(64)],
    ['SESSION_SECRET', '01'.repeat(32)],
    ['SESSION_TTL_SECONDS', '0'],
    ['LOG_LEVEL', 'verbose'],
    ['METRICS_PORT', '65536'],
    ['METRICS_HOST', 'a b'],
    ['ORDER_PAY_SECONDS', '-1'],
    ['ORDER_CLOSE_GRACE_SECONDS', '1.5'],
    ['ORDER_UNPAID_LIMIT', '0'],
    ['RATE_LIMIT_FACTOR', '0'],
    ['RATE_LIMIT_FACTOR', 'Infinity'],
    ['PAYMENT_RECHECK_SECONDS', '5,5'],
    ['PAYMENT_RECHECK_SECONDS', '0,5'],
    ['PAYMENT_RECHECK_SECONDS', '5,,15'],
    ['SANDBOX_PORT', 'any'],
    ['ALLOW_SANDBOX_ON_NETWORK', 'yes'],
    ['SANDBOX_HOSTS', 'https://wechat.example.com'],
  ])('rejects %s=%s', (name, value) => {
    expect(problemsOf({ ...api, [name]: value })).toEqual([name])
  })
})

describe('the configuration of WeChat', () => {
  test.each([
    ['WECHAT_APP_ID', 'wx 1'],
    ['WECHAT_PAY_MCH_ID', '19000x'],
    ['WECHAT_PAY_MCH_CERT_SERIAL', 'not hexadecimal'],
    ['WECHAT_PAY_MCH_PRIVATE_KEY', '/there/is/no/such/file.pem'],
    ['WECHAT_PAY_MCH_PRIVATE_KEY', merchant.publicKey],
    ['WECHAT_PAY_MCH_PRIVATE_KEY', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'],
    ['WECHAT_PAY_API_V3_KEY', 'ThirtyOneCharactersAreTooFewFor'],
    ['WECHAT_PAY_API_V3_KEY', '三十二个字符三十二个字符三十二个字符三十二个字符三十二个字符三十'],
    ['WECHAT_PAY_API_V3_KEY_PREVIOUS', 'short'],
    ['WECHAT_PAY_API_V3_KEY_PREVIOUS', wechat.WECHAT_PAY_API_V3_KEY],
    ['WECHAT_PAY_NOTIFY_URL', 'https://pay.example.com/notify?shop=1'],
    ['WECHAT_PAY_NOTIFY_URL', 'http://pay.example.com/notify'],
    ['WECHAT_PAY_API_URL', 'http://10.0.0.1:4010'],
    ['WECHAT_API_URL', 'https://api.weixin.qq.com/sns'],
    ['WECHAT_TEMPLATE_CHECK_IN', 'ID:thing9=thing1'],
    ['WECHAT_TEMPLATE_ORDER_PAID', 'ID:thing1=nothing1'],
  ])('rejects %s=%s', (name, value) => {
    expect(problemsOf({ ...api, [name]: value })).toEqual([name])
  })

  test('rejects a notice URL with user and password, and says why', () => {
    const env = { ...api, WECHAT_PAY_NOTIFY_URL: 'https://shop:hunter2@pay.example.com/wechat/pay/notify' }
    expect(() => loadConfig(env, 'api')).toThrow(/WECHAT_PAY_NOTIFY_URL must be .* without user, password or query/)
  })

  test.for([
    ['"', '"'],
    ["'", "'"],
    [' "', '" '],
  ])('takes quotes off a variable: %j', ([before, after]) => {
    const quoted = Object.fromEntries(Object.entries(api).map(([name, value]) => [name, `${before}${value}${after}`]))
    expect(loadConfig(quoted, 'api')).toEqual(loadConfig(api, 'api'))
  })

  test('reads keys as PEM text, as PEM on one line, and from files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'))
    const path = join(folder, 'apiclient_key.pem')
    writeFileSync(path, merchant.privateKey)
    const forms = [merchant.privateKey, merchant.privateKey.replaceAll('\n', '\\n'), path]
    const read = forms.map((form) => loadConfig({ ...api, WECHAT_PAY_MCH_PRIVATE_KEY: form }, 'api'))
    rmSync(folder, { recursive: true })
    for (const config of read) expect(config.wechat?.pay.mchPrivateKey.trim()).toBe(merchant.privateKey.trim())
  })

  test('requires the public key and its id together', () => {
    const pair = { WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119', WECHAT_PAY_PUBLIC_KEY: platform.publicKey }
    expect(loadConfig({ ...api, ...pair }, 'api').wechat?.pay.publicKey?.id).toBe('PUB_KEY_ID_0119')
    expect(problemsOf({ ...api, WECHAT_PAY_PUBLIC_KEY: platform.publicKey })).toEqual(['WECHAT_PAY_PUBLIC_KEY_ID'])
    expect(problemsOf({ ...api, ...pair, WECHAT_PAY_PUBLIC_KEY: merchant.privateKey })).toEqual([
      'WECHAT_PAY_PUBLIC_KEY',
    ])
  })

  test('gives a template the configured keys, and the default keys for the rest', () => {
    const config = loadConfig({ ...api, WECHAT_TEMPLATE_ORDER_PAID: 'ID-1:thing1=thing7,time5=date8' }, 'api')
    expect(config.wechat?.templates).toEqual({
      orderPaid: { id: 'ID-1', keys: ['character_string6', 'thing7', 'amount2', 'time4', 'date8'] },
    })
  })

  test('accepts http for loopback hosts as a sandbox, except in production', () => {
    const urls = { WECHAT_API_URL: 'http://127.0.0.1:4010', WECHAT_PAY_API_URL: 'http://localhost:4010' }
    expect(loadConfig({ ...api, ...urls, NODE_ENV: 'development' }, 'api').wechat?.isSandbox).toBe(true)
    expect(problemsOf({ ...api, ...urls, NODE_ENV: 'production' })).toEqual(['WECHAT_PAY_API_URL', 'WECHAT_API_URL'])
  })

  test('rejects a HOST other than loopback for a sandbox unless ALLOW_SANDBOX_ON_NETWORK=true', () => {
    const NODE_ENV = 'development'
    const env = { ...api, WECHAT_PAY_API_URL: 'http://127.0.0.1:4010', HOST: '0.0.0.0', NODE_ENV }
    expect(problemsOf(env)).toEqual(['HOST'])
    expect(problemsOf({ ...env, ALLOW_SANDBOX_ON_NETWORK: 'true' })).toEqual([])
    expect(problemsOf({ ...api, HOST: '0.0.0.0' })).toEqual([])
  })

  test('rejects every key of the test vectors outside tests', () => {
    const texts = [...new Set(stringsIn(JSON.parse(vectors)))]
    const named = {
      WECHAT_PAY_MCH_PRIVATE_KEY: texts.filter((text) => text.includes('PRIVATE KEY')),
      WECHAT_PAY_PUBLIC_KEY: texts.filter((text) => text.includes('BEGIN PUBLIC KEY')),
      WECHAT_PAY_API_V3_KEY: texts.filter((text) => /^[0-9A-Za-z]{32}$/.test(text) && text.includes('ApiV3Key')),
    }
    for (const [name, keys] of Object.entries(named)) {
      expect({ name, keys }).not.toEqual({ name, keys: [] })
      const id = name === 'WECHAT_PAY_PUBLIC_KEY' ? { WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119' } : {}
      for (const key of keys) {
        expect(problemsOf({ ...api, ...id, [name]: key })).toEqual([name])
        expect(problemsOf({ ...api, ...id, [name]: key, NODE_ENV: 'test' })).toEqual([])
      }
    }
  })
})

describe('the configuration of everything in one process', () => {
  test('lets npm start run without any variable, and leaves WeChat unset for the sandbox', () => {
    const config = loadConfig({}, 'start')
    expect(config.wechat).toBeUndefined()
    expect(config.databaseUrl).toBeUndefined()
  })

  test('requires all WECHAT_ variables of npm start once one is set', () => {
    const missing = problemsOf({ WECHAT_APP_ID: 'wx8888888888888888' }, 'start')
    expect(new Set(['WECHAT_APP_ID', ...missing])).toEqual(new Set(Object.keys(wechat)))
    expect(missing).not.toContain('WECHAT_APP_ID')
    expect(loadConfig(wechat, 'start').wechat?.pay.mchid).toBe('1900000109')
  })

  test.each(['prod', 'Production', 'PRODUCTION'])('rejects NODE_ENV=%s as a misspelt production', (NODE_ENV) => {
    expect(problemsOf({ NODE_ENV }, 'start')).toEqual(['NODE_ENV'])
    expect(problemsOf({ ...servers, NODE_ENV }, 'migrate')).toEqual(['NODE_ENV'])
    expect(problemsOf({ NODE_ENV: 'staging' }, 'start')).toEqual([])
  })

  test('rejects npm start with the sandbox in production or on the network', () => {
    expect(problemsOf({ NODE_ENV: 'production' }, 'start')).toEqual(['NODE_ENV'])
    expect(problemsOf({ HOST: '::' }, 'start')).toEqual(['HOST'])
    expect(problemsOf({ HOST: '::', ALLOW_SANDBOX_ON_NETWORK: 'true' }, 'start')).toEqual([])
    expect(problemsOf({ ...wechat, NODE_ENV: 'production', HOST: '0.0.0.0' }, 'start')).toEqual([])
  })
})

describe('the configuration of a migration', () => {
  test('reads only the database for a migration, whatever else is wrong', () => {
    expect(problemsOf({ PORT: 'x', WECHAT_APP_ID: '' }, 'migrate')).toEqual(['DATABASE_URL'])
    expect(loadConfig({ ...servers, PORT: 'x' }, 'migrate').databaseUrl).toBe(servers.DATABASE_URL)
  })
})

describe('the configuration of the sandbox alone', () => {
  test('lets npm run sandbox run without any variable, and reads its own variables only', () => {
    const { server, sandbox } = loadConfig({ PORT: 'x', DATABASE_URL: 'x', WECHAT_APP_ID: '!' }, 'sandbox')
    expect(server.host).toBe('127.0.0.1')
    expect(sandbox).toMatchObject({ port: 4010, notifyUrl: 'http://127.0.0.1:4000/wechat/pay/notify' })
  })

  test('reports every wrong variable of npm run sandbox', () => {
    const wrong = { SANDBOX_PORT: '-1', LOG_LEVEL: 'loud', WECHAT_PAY_NOTIFY_URL: 'here', DATA_DIR: '/tmp' }
    expect(problemsOf(wrong, 'sandbox').toSorted()).toEqual(['LOG_LEVEL', 'SANDBOX_PORT', 'WECHAT_PAY_NOTIFY_URL'])
    expect(problemsOf({ NODE_ENV: 'production', HOST: '::' }, 'sandbox')).toEqual(['NODE_ENV', 'HOST'])
    expect(problemsOf({ HOST: '::', ALLOW_SANDBOX_ON_NETWORK: 'true' }, 'sandbox')).toEqual([])
  })

  test('takes CORS_ORIGINS as browsers send them, and nothing else', () => {
    expect(loadConfig(api, 'api').corsOrigins).toEqual([])
    const two = { ...api, CORS_ORIGINS: 'https://www.example.com, http://localhost:8080' }
    expect(loadConfig(two, 'api').corsOrigins).toEqual(['https://www.example.com', 'http://localhost:8080'])
    for (const wrong of [
      '*',
      'null',
      'www.example.com',
      'https://www.example.com/',
      'https://www.example.com/shop',
      'https://WWW.example.com',
      'https://www.example.com:443',
      'https://*.example.com',
      'https://www.example.com,',
      'file:///',
    ]) {
      expect({ wrong, problems: problemsOf({ ...api, CORS_ORIGINS: wrong }) }).toEqual({
        wrong,
        problems: ['CORS_ORIGINS'],
      })
    }
  })
})

describe('.env.example', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

  test('lists in .env.example every variable that is read', () => {
    const read = new Set<string>()
    const pair = { WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119' }
    const watched = new Proxy<NodeJS.ProcessEnv>(
      { ...api, ...pair },
      {
        get: (env, name: string) => {
          read.add(name)
          return env[name]
        },
      },
    )
    problemsOf(watched)
    expect(read.size).toBeGreaterThan(30)
    expect([...read].filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(example))).toEqual([])
  })

  test('names every limit with its default, and no other', () => {
    const named = [...example.matchAll(/^# (LIMIT_\w+)=(\d+)$/gm)]
    const byName = named.map(([, name = '', value]) => [camelCase(name), Number(value)])
    expect(Object.fromEntries(byName)).toEqual(loadConfig({}, 'start').limits)
  })

  test('accepts .env.example unchanged for npm start', () => {
    const set = example.split('\n').filter((line) => /^[A-Z]/.test(line))
    const env = Object.fromEntries(set.map((line) => line.split(/=(.*)/s).slice(0, 2)))
    expect(problemsOf(env, 'start')).toEqual([])
  })
})
