import { z } from 'zod'

/** Further ahead than any test looks, and well before dates end. */
const MAX_PAUSE_MS = 366 * 86_400_000
/** Of the schedule's longest pause, 6 h, that makes 684 years. */
const MAX_FACTOR = 1_000_000

const percent = z.number().min(0).max(100)
const pauseMs = z.int().min(0).max(MAX_PAUSE_MS)

const Settings = z.strictObject({
  /**
   * What WeChat Pay signs with. `public-key`: its public key, as for merchants since 2024, who have no platform
   * certificates; `certificates`: platform certificates alone; `both`: a merchant who migrates to the public key.
   */
  signedBy: z.enum(['public-key', 'certificates', 'both']),
  /**
   * With `both`: the percentage of notices that the public key signs, evenly spread. At 0 the migration hasn't begun,
   * and certificates alone sign answers too. `ramp` rises by itself over seven days, as at WeChat Pay.
   */
  publicKeyPercent: z.union([percent, z.literal('ramp')]),
  /** The percentage of answers that carry a probe's wrong signature (`WECHATPAY/SIGNTEST/…`), evenly spread. */
  answerProbePercent: percent,
  /** The percentage of notice deliveries that do. */
  noticeProbePercent: percent,
  /** Multiplies the pauses between deliveries of a notice; 1 by default, 0.001 turns 15 s into 15 ms. */
  noticeScheduleFactor: z.number().min(0).max(MAX_FACTOR),
  /** How long a refund is PROCESSING; 500 by default. */
  refundDelayMs: pauseMs,
  /** The least time between two refunds of one order; a minute by default, as at WeChat Pay. */
  refundIntervalMs: pauseMs,
  /** Whether the mini-program must upload shipping info before its money is released. */
  tradeManaged: z.boolean(),
  /** What a login says of the user's `unionid`, which no mini-program without an open-platform account has. */
  unionid: z.enum(['absent', 'null', 'empty']),
  /** Makes bills available at once, today's too, instead of at 10:00 of the next day. */
  billsAtOnce: z.boolean(),
})

/** What can be set when the sandbox opens, and changed while it runs. */
export type Settings = z.infer<typeof Settings>

const defaults: Settings = {
  signedBy: 'public-key',
  publicKeyPercent: 100,
  answerProbePercent: 0,
  noticeProbePercent: 0,
  noticeScheduleFactor: 1,
  refundDelayMs: 500,
  refundIntervalMs: 60_000,
  tradeManaged: false,
  unionid: 'absent',
  billsAtOnce: false,
}

/**
 * The settings among `options`, and the defaults of the others.
 *
 * @throws {z.ZodError} when a value is out of range.
 */
export function readSettings(options: Partial<Settings>): Settings {
  const given = (Object.keys(defaults) as (keyof Settings)[])
    .filter((name) => options[name] !== undefined)
    .map((name) => [name, options[name]])
  return Settings.parse({ ...defaults, ...Object.fromEntries(given) })
}

export const SettingChanges = Settings.partial()

/** @throws {z.ZodError} when there is no such setting, or a value is out of range. */
export function readChanges(changes: unknown): Partial<Settings> {
  return SettingChanges.parse(changes)
}
