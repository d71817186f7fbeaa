import { z } from 'zod'
import { toBeijingTime } from '../beijing-time.ts'
import type { World } from '../world.ts'

const YEAR_SECONDS = 366 * 86_400

export const ClockSetting = z.strictObject({
  /** How far the clock is ahead of the machine's; negative when it's behind. */
  aheadSeconds: z.int().min(-YEAR_SECONDS).max(YEAR_SECONDS),
})

export interface Clock {
  aheadSeconds: number
  /** In Beijing. */
  now: string
}

/**
 * Moves the sandbox's clock. What is due by then happens within a second: repeats of notices, ends of refunds. Orders
 * expire by it, and bills are made by it. Signatures keep the machine's clock, as the merchant does. A restart sets it back.
 */
export function moveClock(world: World, { aheadSeconds }: z.infer<typeof ClockSetting>): Clock {
  world.clock.aheadMs = aheadSeconds * 1000
  return readClock(world)
}

/** What the sandbox's clock says. */
export function readClock({ clock, now }: World): Clock {
  return { aheadSeconds: clock.aheadMs / 1000, now: toBeijingTime(now()) }
}
