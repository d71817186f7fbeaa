/**
 * The one clock for calendar days: Asia/Shanghai, which is all of China's and WeChat's, and 8 hours ahead of UTC in
 * every season. A day is carried as the UTC midnight that Prisma uses for a `date` column, and is written `yyyy-mm-dd`.
 */
const OFFSET_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

/** The day of an instant. */
export function shanghaiDay(instant: Date): Date {
  return new Date(Math.floor((instant.getTime() + OFFSET_MS) / DAY_MS) * DAY_MS)
}

/** The instant when a day begins. */
export function startOfShanghaiDay(day: Date): Date {
  return new Date(day.getTime() - OFFSET_MS)
}

/** An instant by Shanghai's clock as RFC 3339, in whole seconds: `2026-06-01T16:15:00+08:00`. */
export function formatShanghaiTime(instant: Date): string {
  return `${new Date(instant.getTime() + OFFSET_MS).toISOString().slice(0, 19)}+08:00`
}

/** The day that `yyyy-mm-dd` names; null for a day that doesn't exist, and for any other text. */
export function parseDay(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && formatDay(day) === text ? day : null
}

/** `yyyy-mm-dd` of a day. */
export function formatDay(day: Date): string {
  return day.toISOString().slice(0, 10)
}

/** A day as WeChat's templates write it: `2026年12月24日`. */
export function formatChineseDay(day: Date): string {
  return `${day.getUTCFullYear()}年${day.getUTCMonth() + 1}月${day.getUTCDate()}日`
}

/** Whole days from one day to another; negative when the other is earlier. */
export function daysBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / DAY_MS)
}
