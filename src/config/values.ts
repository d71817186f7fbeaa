import { z } from 'zod'
import { isLoopback } from '../wechat/loopback.ts'
import { broken, type Setting } from './reader.ts'
import { exampleTexts, faultTexts } from './texts.ts'

export function wholeNumber(from: number, to: number, example: number): Setting<number> {
  const isWhole = (text: string) => /^\d{1,12}$/.test(text) && Number(text) >= from && Number(text) <= to
  const fault = broken(faultTexts.wholeNumber(from, to))
  return { schema: z.string().refine(isWhole, fault).transform(Number), example: String(example) }
}

function serverUrl(schemes: string[], example: string): Setting<string> {
  const isFine = (text: string) => schemes.some((scheme) => text.startsWith(scheme)) && URL.canParse(text)
  return { schema: z.string().refine(isFine, broken(faultTexts.serverUrl(schemes))), example }
}

/** As browsers send it: scheme, host and port, in lower case, and nothing else. */
const isOrigin = (text: string) => /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

/** Over plain http a session could be read on its way. */
function isConsoleUrl(text: string): boolean {
  if (!/^https?:\/\/[^?#@]+$/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || isLoopback(hostname)
}

const isHostName = (text: string) => /^[0-9A-Za-z.-]+$/.test(text)
const isBroker = (text: string) => /^([0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/.test(text)

const increasing = (values: number[]) => values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Far below what random text has, and above what a repeated letter, word or digit pair has. */
const LEAST_DISTINCT = 4

/** The schema and the default of each variable that isn't about WeChat. */
export const values = {
  /** Any name is fine, except one that is meant as production: it would run without production's checks. */
  nodeEnv: {
    schema: z.string().refine((text) => text === 'production' || !/^prod/i.test(text), broken(faultTexts.production)),
    example: 'production',
  },
  port: wholeNumber(0, 65_535, 4000),
  metricsPort: wholeNumber(0, 65_535, 9464),
  host: {
    schema: z.string().refine((text) => /^[0-9A-Za-z.:_-]+$/.test(text), broken(faultTexts.host)),
    example: '127.0.0.1',
  },
  databaseUrl: serverUrl(['postgresql://', 'postgres://'], 'postgresql://user:password@127.0.0.1:5432/looklook'),
  redisUrl: serverUrl(['redis://', 'rediss://'], 'redis://127.0.0.1:6379'),
  sessionSecret: {
    schema: z
      .string()
      .refine((text) => Buffer.byteLength(text) >= 32, broken(faultTexts.secretShort))
      .refine((text) => new Set(text).size >= LEAST_DISTINCT, broken(faultTexts.secretPlain)),
    example: exampleTexts.sessionSecret.en,
    shown: exampleTexts.sessionSecret,
  },
  sessionTtlSeconds: wholeNumber(1, 365 * 86_400, 604_800),
  dataDir: { schema: z.string(), example: '.data' },
  logLevel: {
    schema: z.string().refine((text) => LOG_LEVELS.includes(text), broken(faultTexts.oneOf(LOG_LEVELS))),
    example: 'info',
  },
  // WeChat Pay refuses a `time_expire` more than 90 days ahead.
  orderPaySeconds: wholeNumber(1, 90 * 86_400, 1800),
  orderCloseGraceSeconds: wholeNumber(0, 86_400, 30),
  orderUnpaidLimit: wholeNumber(1, 1000, 5),
  trustedProxies: wholeNumber(0, 10, 0),
  corsOrigins: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((origin) => origin.trim()))
      .refine((origins) => origins.every(isOrigin), broken(faultTexts.origins)),
    example: 'https://www.example.com,https://m.example.com',
  },
  hostNames: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((name) => name.trim()))
      .refine((names) => names.every(isHostName), broken(faultTexts.hostNames)),
    example: 'wechat.example.com',
  },
  kafkaBrokers: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((broker) => broker.trim()))
      .refine((brokers) => brokers.every(isBroker), broken(faultTexts.brokers)),
    example: 'kafka-1.internal:9092,kafka-2.internal:9092',
  },
  kafkaTopic: {
    schema: z.string().refine((text) => /^(?!\.{1,2}$)[0-9A-Za-z._-]{1,249}$/.test(text), broken(faultTexts.topic)),
    example: 'payment-update-paystatus-topic',
  },
  otlpEndpoint: serverUrl(['http://', 'https://'], 'http://127.0.0.1:4318'),
  rateLimitFactor: {
    schema: z
      .string()
      .refine((text) => /^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > 0, broken(faultTexts.positive))
      .transform(Number),
    example: '1',
  },
  recheckSeconds: {
    schema: z
      .string()
      .refine((text) => /^\d{1,9}( *, *\d{1,9})*$/.test(text), broken(faultTexts.seconds))
      .transform((text) => text.split(',').map(Number))
      .refine((offsets) => (offsets[0] ?? 0) > 0 && increasing(offsets), broken(faultTexts.rising)),
    example: '5,15,30,60,180,600',
  },
  sandboxNotifyUrl: {
    schema: z.string().refine(URL.canParse, broken(faultTexts.url)),
    example: 'http://127.0.0.1:4000/wechat/pay/notify',
  },
  consoleUrl: {
    schema: z
      .string()
      .refine(isConsoleUrl, broken(faultTexts.consoleUrl))
      .transform((text) => text.replace(/\/+$/, '')),
    example: 'https://console.example.com',
  },
  flag: {
    schema: z
      .string()
      .refine((text) => text === 'true' || text === 'false', broken(faultTexts.oneOf(['true', 'false'])))
      .transform((text) => text === 'true'),
    example: 'true',
  },
} satisfies Record<string, Setting<unknown>>
