import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'

const DAY_MS = 86_400_000

/** The day in Shanghai so many days from today, as `yyyy-mm-dd`. */
export function dayFromToday(days: number): string {
  return formatDay(shanghaiDay(new Date(Date.now() + days * DAY_MS)))
}
