import { z } from 'zod'
import type { World } from '../world.ts'

const percent = z.number().min(0).max(100)

const Settings = z.strictObject({
  /**
   * The keys that WeChat Pay signs with. `public-key`: the one of merchants since 2024, who have no platform
   * certificate; `certificates`: platform certificates alone; `both`: a merchant who goes from these to that.
   */
  signedBy: z.enum(['public-key', 'certificates', 'both']),
  /**
   * With `both`: how many notices of 100 the public key signs, evenly spread. At 0 the merchant hasn't begun, and
   * answers too are signed by certificates alone. `ramp` climbs by itself, as at WeChat Pay.
   */
  publicKeyPercent: z.union([percent, z.literal('ramp')]),
  /** How many answers of 100 carry the wrong signature of a probe (`WECHATPAY/SIGNTEST/…`), evenly spread. */
  answerProbePercent: percent,
  /** How many deliveries of notices of 100 do. */
  noticeProbePercent: percent,
  /** Multiplies the waits between deliveries of a notice; 1 by default, 0.001 makes 15 s into 15 ms. */
  noticeScheduleFactor: z.number().min(0),
  /** From a refund's acceptance to its end; 500 by default. */
  refundDelayMs: z.int().min(0),
  /** Between two refunds of one order; a minute by default, as at WeChat Pay. */
  refundIntervalMs: z.int().min(0),
  /** Whether the mini-program has to tell of every service rendered before its money is freed. */
  tradeManaged: z.boolean(),
  /** Makes bills ready at once, today's too, for those who can't wait until tomorrow at ten. */
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
  billsAtOnce: false,
}

/**
 * The defaults with those of `options` that are settings.
 *
 * @throws {z.ZodError} when a value makes no sense.
 */
export function readSettings(options: Partial<Settings>): Settings {
  const given = (Object.keys(defaults) as (keyof Settings)[])
    .filter((name) => options[name] !== undefined)
    .map((name) => [name, options[name]])
  return Settings.parse({ ...defaults, ...Object.fromEntries(given) })
}

/**
 * Changes settings from now on; `publicKeyPercent: 'ramp'` begins at its first day.
 *
 * @throws {z.ZodError} when there is no such setting, or its value makes no sense; then none is changed.
 */
export function changeSettings(world: World, changes: unknown): Settings {
  const given = Settings.partial().parse(changes)
  if (given.publicKeyPercent === 'ramp') world.signing.rampSince = world.now()
  world.settings = { ...world.settings, ...given }
  return world.settings
}
