import { type Limits, readLimits } from './config/limits.ts'
import { ConfigError, createReader, type EnvReader } from './config/reader.ts'
import { faultTexts } from './config/texts.ts'
import { values } from './config/values.ts'
import { hasWechat, readWechat, type WechatConfig } from './config/wechat.ts'
import { isLoopback } from './wechat/loopback.ts'

export { ConfigError } from './config/reader.ts'
export type { Template } from './config/templates.ts'
export type { WechatConfig } from './config/wechat.ts'

export interface Config {
  role: Role
  production: boolean
  server: { host: string; port: number }
  /** Where `/metrics` is alone, away from guests; undefined where it is on the process's own port. */
  metrics?: { host: string; port: number }
  dataDir: string
  logLevel: string
  databaseUrl?: string
  /** Where sessions are to be had, when `databaseUrl` leads to a pooler: for migrations and the queue. */
  databaseDirectUrl?: string
  /** False behind a pooler in transaction mode. */
  preparedStatements: boolean
  redisUrl?: string
  session: { secret?: string; ttlSeconds: number }
  /** Undefined where the role needs none, and in `start` without `WECHAT_*`, which then uses the sandbox. */
  wechat?: WechatConfig
  order: {
    paySeconds: number
    closeGraceSeconds: number
    unpaidLimit: number
    /** Redeemed orders are reported to WeChat, which freezes the merchant's money until then. */
    uploadShipping: boolean
  }
  /** Offsets in seconds from a pending payment's creation at which WeChat is queried; after the last, it is the interval. */
  payment: { recheckSeconds: number[] }
  limits: Limits
  /** Whether webhooks may go to private addresses. */
  webhook: { allowPrivate: boolean }
  /** Where events are published too; undefined where they aren't. */
  kafka?: { brokers: string[]; topic: string }
  /** Where traces are exported to; undefined where there are none. What else there is to set, OpenTelemetry's SDK reads itself. */
  otlpEndpoint?: string
  /** Multiplies every limit per user and per address. */
  rateLimitFactor: number
  /** The origins whose pages may use the API. */
  corsOrigins: string[]
  /** How many proxies before us write `X-Forwarded-For`. */
  trustedProxies: number
  /** `notifyUrl`: where a sandbox that runs alone sends notices without a URL of their own. */
  sandbox: { port: number; allowOnNetwork: boolean; hosts: string[]; notifyUrl?: string }
  /** Where the operators' console listens, and how operators reach it: without a slash at its end. */
  console: { host: string; port: number; url: string }
}

/** The configuration for `openApp`, with a database and a WeChat. A worker has no session secret. */
export type AppConfig = Config & { databaseUrl: string; wechat: WechatConfig }

/** The settings that are certainly set, by role. */
export interface ConfigOf {
  start: Config
  api: AppConfig & { redisUrl: string; session: { secret: string } }
  worker: AppConfig & { redisUrl: string }
  migrate: Config & { databaseUrl: string }
  admin: Config & { databaseUrl: string }
  /** What of the operator's command calls WeChat, or hints at what has changed. */
  operator: AppConfig
  console: AppConfig
  sandbox: Config
}

export type Role = keyof ConfigOf

/** What runs for guests is production unless NODE_ENV says otherwise: nobody has to remember it. */
const NODE_ENVS: Partial<Record<Role, string>> = {
  api: 'production',
  worker: 'production',
  admin: 'production',
  operator: 'production',
  console: 'production',
}

/** Who makes or finds payments at WeChat. */
const NEEDING_WECHAT: Role[] = ['api', 'worker', 'operator', 'console']

/** The only settings that these roles read: a wrong setting of another process must not stop them. */
const NAMES: Partial<Record<Role, string[]>> = {
  migrate: ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_PREPARED_STATEMENTS', 'LOG_LEVEL', 'NODE_ENV'],
  admin: [
    'DATABASE_URL',
    'DATABASE_DIRECT_URL',
    'DATABASE_PREPARED_STATEMENTS',
    'LOG_LEVEL',
    'NODE_ENV',
    'ORDER_UPLOAD_SHIPPING',
    'WEBHOOK_ALLOW_PRIVATE',
    'CONSOLE_HOST',
    'CONSOLE_PORT',
    'CONSOLE_URL',
  ],
  sandbox: [
    'HOST',
    'SANDBOX_PORT',
    'ALLOW_SANDBOX_ON_NETWORK',
    'SANDBOX_HOSTS',
    'WECHAT_PAY_NOTIFY_URL',
    'DATA_DIR',
    'LOG_LEVEL',
    'NODE_ENV',
  ],
}

/**
 * Reads and checks every setting at once, so that one failed start names every bad variable.
 *
 * @throws {ConfigError} naming the variables, never their values.
 */
export function loadConfig<Of extends Role>(env: NodeJS.ProcessEnv, role: Of): ConfigOf[Of]
export function loadConfig(env: NodeJS.ProcessEnv, role: Role): Config {
  const names = NAMES[role]
  const reader = createReader(names ? Object.fromEntries(names.map((name) => [name, env[name]])) : env)
  const nodeEnv = reader.withDefault('NODE_ENV', values.nodeEnv, NODE_ENVS[role] ?? 'development')
  const production = nodeEnv === 'production'
  const config: Config = {
    role,
    production,
    ...readProcess(reader, role),
    metrics: readMetrics(reader, { role, production }),
    ...readServers(reader, role),
    order: {
      paySeconds: reader.withDefault('ORDER_PAY_SECONDS', values.orderPaySeconds),
      closeGraceSeconds: reader.withDefault('ORDER_CLOSE_GRACE_SECONDS', values.orderCloseGraceSeconds),
      unpaidLimit: reader.withDefault('ORDER_UNPAID_LIMIT', values.orderUnpaidLimit),
      uploadShipping: reader.withDefault('ORDER_UPLOAD_SHIPPING', values.flag, 'false'),
    },
    payment: {
      recheckSeconds: reader.withDefault('PAYMENT_RECHECK_SECONDS', values.recheckSeconds),
    },
    webhook: { allowPrivate: reader.withDefault('WEBHOOK_ALLOW_PRIVATE', values.flag, 'false') },
    kafka: readKafka(reader),
    otlpEndpoint: reader.optional('OTEL_EXPORTER_OTLP_ENDPOINT', values.otlpEndpoint),
    limits: readLimits(reader),
    rateLimitFactor: reader.withDefault('RATE_LIMIT_FACTOR', values.rateLimitFactor),
    corsOrigins: reader.optional('CORS_ORIGINS', values.corsOrigins) ?? [],
    trustedProxies: reader.withDefault('TRUSTED_PROXIES', values.trustedProxies),
    sandbox: {
      port: reader.withDefault('SANDBOX_PORT', values.port, '4010'),
      allowOnNetwork: reader.withDefault('ALLOW_SANDBOX_ON_NETWORK', values.flag, 'false'),
      hosts: reader.optional('SANDBOX_HOSTS', values.hostNames) ?? [],
      notifyUrl: role === 'sandbox' ? reader.withDefault('WECHAT_PAY_NOTIFY_URL', values.sandboxNotifyUrl) : undefined,
    },
    console: readConsole(readsConsole(role) ? reader : createReader({}), role),
  }
  if (NEEDING_WECHAT.includes(role) || (role === 'start' && hasWechat(reader))) {
    config.wechat = readWechat(reader, { production, test: nodeEnv === 'test' })
  }
  refuseExposedSandbox(reader, config)
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return config
}

function readProcess(reader: EnvReader, role: Role): Pick<Config, 'server' | 'dataDir' | 'logLevel'> {
  return {
    server: {
      host: reader.withDefault('HOST', values.host),
      port: reader.withDefault('PORT', values.port, role === 'worker' ? '4001' : '4000'),
    },
    dataDir: reader.withDefault('DATA_DIR', values.dataDir),
    logLevel: reader.withDefault('LOG_LEVEL', values.logLevel),
  }
}

function readMetrics(reader: EnvReader, { role, production }: Pick<Config, 'role' | 'production'>): Config['metrics'] {
  const address = {
    host: reader.withDefault('METRICS_HOST', values.host),
    port: reader.withDefault('METRICS_PORT', values.metricsPort),
  }
  return role === 'api' && production ? address : undefined
}

const readsConsole = (role: Role) => role === 'console' || role === 'admin' || role === 'operator'

function readConsole(reader: EnvReader, role: Role): Config['console'] {
  const host = reader.withDefault('CONSOLE_HOST', values.host)
  const port = reader.withDefault('CONSOLE_PORT', values.port, '4002')
  // A console that others can reach is behind something that has a name and TLS.
  const url = reader[isLoopback(host) ? 'optional' : 'required']('CONSOLE_URL', values.consoleUrl)
  // npm start mounts the console under a path, which the admin command's links need; npm run console answers at the root.
  if (role === 'console' && url !== undefined && new URL(url).pathname !== '/')
    reader.report('CONSOLE_URL', faultTexts.consolePath, values.consoleUrl.example)
  return { host, port, url: url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}` }
}

function readKafka(reader: EnvReader): Config['kafka'] {
  const topic = reader.withDefault('KAFKA_TOPIC', values.kafkaTopic)
  const brokers = reader.optional('KAFKA_BROKERS', values.kafkaBrokers)
  return brokers && { brokers, topic }
}

type Servers = Pick<Config, 'databaseUrl' | 'databaseDirectUrl' | 'preparedStatements' | 'redisUrl' | 'session'>

function readServers(reader: EnvReader, role: Role): Servers {
  const needed = role === 'api' || role === 'worker'
  const needsDatabase = role !== 'start' && role !== 'sandbox'
  const readSecret = reader[role === 'api' ? 'required' : 'optional']
  return {
    databaseUrl: reader[needsDatabase ? 'required' : 'optional']('DATABASE_URL', values.databaseUrl),
    databaseDirectUrl: reader.optional('DATABASE_DIRECT_URL', values.databaseUrl),
    preparedStatements: reader.withDefault('DATABASE_PREPARED_STATEMENTS', values.flag, 'true'),
    redisUrl: reader[needed ? 'required' : 'optional']('REDIS_URL', values.redisUrl),
    session: {
      secret: role === 'worker' ? undefined : readSecret('SESSION_SECRET', values.sessionSecret),
      ttlSeconds: reader.withDefault('SESSION_TTL_SECONDS', values.sessionTtlSeconds),
    },
  }
}

/** Refuses a sandbox that others could reach: it lets everybody sign in as anybody and pay without money. */
function refuseExposedSandbox(reader: EnvReader, { role, production, server, sandbox, wechat }: Config): void {
  const isOurs = (role === 'start' && !wechat) || role === 'sandbox'
  if (!isOurs && wechat?.isSandbox !== true) return
  if (production && role === 'sandbox') {
    reader.report('NODE_ENV', faultTexts.noProduction, 'development')
  } else if (production && isOurs) {
    reader.report('NODE_ENV', faultTexts.productionWithSandbox, 'development')
  }
  const isServer = role === 'start' || role === 'api' || role === 'sandbox'
  if (isServer && !isLoopback(server.host) && !sandbox.allowOnNetwork) {
    reader.report('HOST', faultTexts.exposedSandbox, '127.0.0.1')
  }
}
