import { openSandbox, type Sandbox, type SandboxOptions } from '@looklook-pay/sandbox'
import { inject, onTestFinished } from 'vitest'
import { expect } from './app.ts'
import { cloneDatabase } from './database.ts'
import { dayFromNow } from './fixtures.ts'
import { type AtEnd, commands, type RunningProcess, readiness, run, sendOperation, UNHURRIED } from './processes.ts'
import { freePort, type RedisServer, startRedis } from './redis.ts'

export interface Deployment {
  sandbox: Sandbox
  redis: RedisServer
  databaseUrl: string
  /** The environment of every process, but for its port. */
  settings: Record<string, string>
  /** Another API process, ready, with these settings changed; the first one gets WeChat's notices. */
  startApi(change?: Record<string, string>, port?: number): Promise<{ url: string; process: RunningProcess }>
  /** Another worker, ready, likewise. */
  startWorker(change?: Record<string, string>): Promise<RunningProcess>
  /** Another worker, ready, with where its health routes are. */
  startServedWorker(change?: Record<string, string>): Promise<{ url: string; process: RunningProcess }>
  /** Everything that all processes have logged. */
  logs(): string
}

/**
 * A real deployment: processes of their own, a Redis and a database of their own, and the sandbox as WeChat.
 *
 * @param programs what is run: the sources, or what was built of them.
 */
export async function deploy(
  env: Record<string, string> = {},
  atEnd: AtEnd = onTestFinished,
  sandboxOptions: SandboxOptions = {},
  programs: Pick<typeof commands, 'api' | 'worker'> = commands,
): Promise<Deployment> {
  const database = await cloneDatabase()
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is needed')
  const firstPort = await freePort()
  const notifyUrl = `http://127.0.0.1:${firstPort}/wechat/pay/notify`
  const credentials = inject('credentials')
  const sandbox = await openSandbox({
    notifyUrl,
    credentials,
    noticeScheduleFactor: 0.01,
    refundDelayMs: 50,
    ...sandboxOptions,
  })
  atEnd(async () => {
    await sandbox.close()
    await redis.stop()
    await database.drop()
  })
  const settings = {
    // Production refuses the sandbox.
    NODE_ENV: 'development',
    LOG_LEVEL: 'trace',
    SESSION_SECRET: 'a secret of the tests that is long enough',
    ...sandbox.env,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    ...env,
  }
  const processes: RunningProcess[] = []
  const start = async (command: string[], port: number, change: Record<string, string> = {}) => {
    const started = run(command, { env: { ...settings, PORT: `${port}`, ...change }, atEnd })
    processes.push(started)
    const url = `http://127.0.0.1:${port}`
    await expect
      .poll(async () => (await readiness(url)).status, UNHURRIED)
      .toBe(200)
      .catch((error: unknown) => {
        throw new Error(`It isn't ready:\n${started.output()}`, { cause: error })
      })
    return { url, process: started }
  }
  let apis = 0
  const startServedWorker = async (change?: Record<string, string>) => start(programs.worker, await freePort(), change)
  return {
    sandbox,
    redis,
    databaseUrl: database.url,
    settings,
    startApi: async (change, port) =>
      start(programs.api, port ?? (apis++ === 0 ? firstPort : await freePort()), change),
    startWorker: async (change) => (await startServedWorker(change)).process,
    startServedWorker,
    logs: () => processes.map((each) => each.output()).join('\n'),
  }
}

export interface Purchase {
  openid: string
  accessToken: string
  orderSn: string
  params: { paymentSn: string; package: string; paySign: string } & Record<string, string>
}

/** Signs in, books the first homestay so many days from now, and taps "pay". */
export async function purchase(url: string, name: string, homestayId: string, days: number): Promise<Purchase> {
  const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(
    url,
    `mutation ($code: String!, $phone: String) {
      wxLogin(input: { code: $code, phoneCode: $phone }) { ... on Session { accessToken } ... on Error { message } }
    }`,
    { code: `code-${name}`, phone: `phone-1380000${String(days).padStart(4, '0')}` },
  )
  const { accessToken } = wxLogin
  const { createHomestayOrder } = await sendOperation<{ createHomestayOrder: { sn: string } }>(
    url,
    `mutation ($input: CreateHomestayOrderInput!) {
      createHomestayOrder(input: $input) { ... on HomestayOrder { sn } ... on Error { message } }
    }`,
    { input: { homestayId, liveStartDate: dayFromNow(days), liveEndDate: dayFromNow(days + 1), livePeopleNum: 1 } },
    accessToken,
  )
  const order = { accessToken, orderSn: createHomestayOrder.sn }
  return { openid: name, ...order, params: await tap(url, order) }
}

/** Taps "pay". */
export async function tap(
  url: string,
  { accessToken, orderSn }: Pick<Purchase, 'accessToken' | 'orderSn'>,
): Promise<Purchase['params']> {
  const { wxPay } = await sendOperation<{ wxPay: Purchase['params'] }>(
    url,
    `mutation ($sn: ID!) {
      wxPay(input: { orderSn: $sn }) {
        ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign } ... on Error { code message }
      }
    }`,
    { sn: orderSn },
    accessToken,
  )
  return wxPay
}

/** The guest accepts one message of each template on the phone, and confirms. */
export async function confirm(sandbox: Sandbox, { openid, params }: Purchase): Promise<void> {
  const { paymentSn: _ours, ...phone } = params
  sandbox.consent({ openid, accepted: Object.values(sandbox.credentials.templates) })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${sandbox.url}/sandbox/pay`, { method: 'POST', headers, body: JSON.stringify(phone) })
  if (!response.ok) throw new Error(`the sandbox refused the payment: ${await response.text()}`)
}

/** Waits until the order stands so, for its guest. */
export async function whenOrderIs(tradeState: string, url: string, guest: Purchase): Promise<void> {
  await expect.poll(() => stateOf(url, guest), UNHURRIED).toMatchObject({ tradeState })
}

/** Where the order stands, for its guest. */
export async function stateOf(url: string, { accessToken, orderSn }: Purchase) {
  const query = `query ($sn: ID!) { homestayOrder(sn: $sn) { tradeState tradeCode payment { status } } }`
  type Answer = { homestayOrder: { tradeState: string; tradeCode: string | null; payment: { status: string } } }
  return (await sendOperation<Answer>(url, query, { sn: orderSn }, accessToken)).homestayOrder
}
