import { locale } from './language.ts'

const SHANGHAI = 'Asia/Shanghai'
const DAY_SECONDS = 86_400

/** `¥12,480.50`: always with its two decimals, so that a column of them is read at a glance. */
export function money(fen: number): string {
  return `¥${(fen / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

/** A share of a whole, like `97.3 %`; undefined of nothing. */
export function percent(part: number, whole: number): string | undefined {
  return whole === 0 ? undefined : `${((100 * part) / whole).toFixed(1)} %`
}

/** `4.2 s`, or `3 min` from two minutes on. */
export function seconds(value: number): string {
  return value >= 120 ? `${Math.round(value / 60)} min` : `${value.toFixed(value < 10 ? 1 : 0)} s`
}

/** An instant as its day and time in China, `11-27 21:04:05`; with the year where that isn't this one. */
export function instant(at: string | number): string {
  const text = new Date(at).toLocaleString('sv', { timeZone: SHANGHAI })
  return text.startsWith(dayOf(new Date()).slice(0, 4)) ? text.slice(5) : text
}

/** The time in China alone, with milliseconds: `21:04:05.123`. */
export function exactTime(at: string): string {
  return `${timeOf(at)}.${String(new Date(at).getMilliseconds()).padStart(3, '0')}`
}

/** The time in China, `21:04:05`. */
export function timeOf(at: string | number | Date): string {
  return new Date(at).toLocaleTimeString('sv', { timeZone: SHANGHAI })
}

/** The day in China, `yyyy-mm-dd`. */
export function dayOf(at: string | number | Date): string {
  return new Date(at).toLocaleDateString('sv', { timeZone: SHANGHAI })
}

/** How long ago, like `3 minutes ago`. */
export function ago(at: string, now: number): string {
  const age = (now - Date.parse(at)) / 1000
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' })
  if (age < 60) return format.format(-Math.max(0, Math.round(age)), 'second')
  if (age < 3600) return format.format(-Math.round(age / 60), 'minute')
  if (age < DAY_SECONDS) return format.format(-Math.round(age / 3600), 'hour')
  return format.format(-Math.round(age / DAY_SECONDS), 'day')
}

/** A month, `yyyy-mm`, so many months later. */
export function addMonths(month: string, amount: number): string {
  const date = new Date(`${month}-01T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + amount)
  return date.toISOString().slice(0, 7)
}
