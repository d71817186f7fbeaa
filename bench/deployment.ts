import { createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { freePort } from '../test/harness/redis.ts'
import type { Watched } from './cpu.ts'
import type { Bench } from './part.ts'
import { type Running, startNode } from './processes.ts'
import type { Database } from './servers.ts'

/** Peers read the same sessions. */
export const SESSION_SECRET = 'a secret of the bench that is long enough'

/** The load comes from one address and from a few users: what limits clients is out of the way (docs/limits.md). */
const WITHOUT_LIMITS = {
  RATE_LIMIT_FACTOR: '100000',
  LIMIT_SOCKETS: '100000',
  LIMIT_CONNECTIONS: '100000',
}

export interface Deployment {
  /** Of the API, without a path. */
  url: string
  notifyUrl: string
  database: Database
  watched: Watched
  apiPid: number
  /** The environment of its processes. */
  settings: Record<string, string>
  /** Starts another worker. */
  startWorker(): Promise<Running>
}

interface DeploymentOptions {
  database: Database
  workers?: number
  /** How long WeChat takes for an answer. */
  wechatDelayMs?: number
  /** Answers of prepay that WeChat has signed beforehand. */
  signedPrepays?: number
  /** Where API and workers find the database, if not at its own URL. */
  through?: { api: string; worker: string }
}

/**
 * An API and workers as an operator starts them, with logs, and a WeChat that costs next to nothing. It isn't production
 * only because that refuses a WeChat without TLS.
 */
export async function deploy({ servers, stack }: Bench, options: DeploymentOptions): Promise<Deployment> {
  const { database, workers = 0, wechatDelayMs = 0, signedPrepays = 0 } = options
  const { through = { api: database.url, worker: database.url } } = options
  const { folder, credentials } = servers
  const wechatPort = await freePort()
  const wechatUrl = `http://127.0.0.1:${wechatPort}`
  const start = async (file: string, env: Record<string, string>, readyUrl: string) => {
    const running = await startNode({ file, env, folder, readyUrl })
    stack.defer(() => running.stop())
    return running
  }
  const wechatEnv = {
    PORT: `${wechatPort}`,
    CREDENTIALS: JSON.stringify(credentials),
    DELAY_MS: `${wechatDelayMs}`,
    SIGNED_PREPAYS: `${signedPrepays}`,
  }
  const wechat = await start('bench/wechat.ts', wechatEnv, `${wechatUrl}/ready`)
  // Late, so that nobody else gets it meanwhile.
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'info',
    DATABASE_URL: through.api,
    REDIS_URL: servers.redisUrl,
    SESSION_SECRET,
    ...wechatSettings(credentials, { wechatUrl, notifyUrl: `${url}/wechat/pay/notify` }),
    ...WITHOUT_LIMITS,
  }
  const api = await start('src/api.ts', { ...settings, PORT: `${port}` }, `${url}/readyz`)
  const workerPids: number[] = []
  const startWorker = async () => {
    const workerPort = await freePort()
    const env = { ...settings, DATABASE_URL: through.worker, PORT: `${workerPort}` }
    const worker = await start('src/worker.ts', env, `http://127.0.0.1:${workerPort}/readyz`)
    workerPids.push(worker.pid)
    return worker
  }
  for (let count = 0; count < workers; count++) await startWorker()
  return {
    url,
    notifyUrl: `${url}/wechat/pay/notify`,
    database,
    apiPid: api.pid,
    settings,
    watched: {
      api: api.pid,
      worker: workerPids,
      postgresql: servers.postgresPid,
      redis: servers.redisPid,
      wechat: wechat.pid,
    },
    startWorker,
  }
}

export function wechatSettings(
  credentials: Bench['servers']['credentials'],
  { wechatUrl, notifyUrl }: { wechatUrl: string; notifyUrl: string },
): Record<string, string> {
  return {
    WECHAT_APP_ID: credentials.appid,
    WECHAT_APP_SECRET: credentials.appSecret,
    WECHAT_PAY_MCH_ID: credentials.mchid,
    WECHAT_PAY_MCH_CERT_SERIAL: credentials.mchCertSerial,
    WECHAT_PAY_MCH_PRIVATE_KEY: credentials.mchPrivateKey,
    WECHAT_PAY_API_V3_KEY: credentials.apiV3Key,
    WECHAT_PAY_NOTIFY_URL: notifyUrl,
    WECHAT_PAY_PUBLIC_KEY_ID: credentials.publicKeyId,
    WECHAT_PAY_PUBLIC_KEY: credentials.publicKey,
    WECHAT_API_URL: wechatUrl,
    WECHAT_PAY_API_URL: wechatUrl,
    WECHAT_TEMPLATE_ORDER_PAID: credentials.templates.orderPaid,
    WECHAT_TEMPLATE_CHECK_IN: credentials.templates.checkIn,
    WECHAT_TEMPLATE_REFUNDED: credentials.templates.refunded,
  }
}

/** The access token of a session, as `wxLogin` makes it. */
export function accessToken(sessionId: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(sessionId)
    .setExpirationTime('1 day')
    .sign(createSecretKey(SESSION_SECRET, 'utf8'))
}
