import type { Clock } from '../api/types.ts'

const DAY_SECONDS = 86_400
const CHINA_SECONDS = 8 * 3600
/** When the bills of a day are there: at this hour of the next one, in China. */
const BILLS_AT_SECONDS = 10 * 3600

/** The machine's clock as the sandbox sees it, in seconds since 1970. */
function machineSeconds({ now, aheadSeconds }: Clock): number {
  return Math.round(Date.parse(now) / 1000 - aheadSeconds)
}

/** How far ahead the clock is to be, so that it says `china`: `yyyy-mm-ddThh:mm`, in China. Undefined for what is no time. */
export function aheadAt(clock: Clock, china: string): number | undefined {
  const at = Date.parse(`${china}+08:00`)
  return Number.isNaN(at) ? undefined : Math.round(at / 1000) - machineSeconds(clock)
}

/** How far ahead it is to be, so that the bills of its present day are there: a minute past 10:00 of the next day. */
export function aheadAtBills(clock: Clock): number {
  const now = Math.round(Date.parse(clock.now) / 1000)
  const dayStart = Math.floor((now + CHINA_SECONDS) / DAY_SECONDS) * DAY_SECONDS - CHINA_SECONDS
  return dayStart + DAY_SECONDS + BILLS_AT_SECONDS + 60 - machineSeconds(clock)
}

/** The days, hours, minutes and seconds of an offset, without its sign. */
export function partsOf(aheadSeconds: number): { days: number; hours: number; minutes: number; seconds: number } {
  const whole = Math.abs(Math.round(aheadSeconds))
  return {
    days: Math.floor(whole / DAY_SECONDS),
    hours: Math.floor((whole % DAY_SECONDS) / 3600),
    minutes: Math.floor((whole % 3600) / 60),
    seconds: whole % 60,
  }
}
