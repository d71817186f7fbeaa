import { z } from 'zod'
import type { Setting } from './reader.ts'

export function wholeNumber(from: number, to: number, example: number): Setting<number> {
  const fault = `must be a whole number from ${from} to ${to}`
  const schema = z
    .string()
    .regex(/^\d{1,12}$/, fault)
    .transform(Number)
  return { schema: schema.refine((value) => value >= from && value <= to, fault), example: String(example) }
}

function serverUrl(schemes: string[], example: string): Setting<string> {
  const fault = `must be a URL that begins with ${schemes.join(' or ')}`
  const isFine = (text: string) => schemes.some((scheme) => text.startsWith(scheme)) && URL.canParse(text)
  return { schema: z.string().refine(isFine, fault), example }
}

/** As browsers send it: scheme, host and port, in lower case, and nothing else. */
const isOrigin = (text: string) => /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

const increasing = (values: number[]) => values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))

/** Far below what random text has, and above what a repeated letter, word or digit pair has. */
const LEAST_DISTINCT = 4

/** The schema and the default of each variable that isn't about WeChat. */
export const values = {
  /** Any name is fine, except one that is meant as production: it would run without production's checks. */
  nodeEnv: {
    schema: z
      .string()
      .refine((text) => text === 'production' || !/^prod/i.test(text), 'must be spelled production if it is meant'),
    example: 'production',
  },
  port: wholeNumber(0, 65_535, 4000),
  metricsPort: wholeNumber(0, 65_535, 9464),
  host: {
    schema: z.string().regex(/^[0-9A-Za-z.:_-]+$/, 'must be a host name or an IP address'),
    example: '127.0.0.1',
  },
  databaseUrl: serverUrl(['postgresql://', 'postgres://'], 'postgresql://user:password@127.0.0.1:5432/looklook'),
  redisUrl: serverUrl(['redis://', 'rediss://'], 'redis://127.0.0.1:6379'),
  sessionSecret: {
    schema: z
      .string()
      .refine((text) => Buffer.byteLength(text) >= 32, 'must be at least 32 bytes long')
      .refine((text) => new Set(text).size >= LEAST_DISTINCT, 'must be random, and not a few letters repeated'),
    example: 'the output of: openssl rand -base64 48',
  },
  sessionTtlSeconds: wholeNumber(1, 365 * 86_400, 604_800),
  dataDir: { schema: z.string(), example: '.data' },
  logLevel: {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    }),
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
      .refine((origins) => origins.every(isOrigin), 'must be origins without a path, separated by commas'),
    example: 'https://www.example.com,https://m.example.com',
  },
  rateLimitFactor: {
    schema: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a positive number')
      .transform(Number)
      .refine((factor) => factor > 0, 'must be a positive number'),
    example: '1',
  },
  recheckSeconds: {
    schema: z
      .string()
      .regex(/^\d{1,9}( *, *\d{1,9})*$/, 'must be seconds separated by commas')
      .transform((text) => text.split(',').map(Number))
      .refine((offsets) => (offsets[0] ?? 0) > 0 && increasing(offsets), 'must be rising numbers of seconds above 0'),
    example: '5,15,30,60,180,600',
  },
  sandboxNotifyUrl: {
    schema: z.string().refine(URL.canParse, 'must be a URL'),
    example: 'http://127.0.0.1:4000/wechat/pay/notify',
  },
  flag: {
    schema: z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true'),
    example: 'true',
  },
} satisfies Record<string, Setting<unknown>>
