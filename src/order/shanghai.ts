const DAY_MS = 86_400_000
const SHANGHAI_OFFSET_MS = 8 * 3_600_000

/** The Shanghai calendar day of an instant, as the UTC midnight that a `date` column carries. */
export function shanghaiDay(instant: Date): Date {
  return new Date(Math.floor((instant.getTime() + SHANGHAI_OFFSET_MS) / DAY_MS) * DAY_MS)
}

/** 00:00 in Shanghai of a calendar day. */
export function startOfShanghaiDay(day: Date): Date {
  return new Date(day.getTime() - SHANGHAI_OFFSET_MS)
}

/** A `yyyy-mm-dd` that exists, as the UTC midnight that a `date` column carries; null for anything else. */
export function parseDay(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && formatDay(day) === text ? day : null
}

/** `yyyy-mm-dd` of a day. */
export function formatDay(day: Date): string {
  return day.toISOString().slice(0, 10)
}

/** Whole days from one day to another. */
export function daysBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / DAY_MS)
}
