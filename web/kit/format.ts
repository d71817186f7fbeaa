const DAY_MS = 86_400_000

/** `¥468` or `¥468.50`. */
export function yuan(fen: number): string {
  return `¥${(fen / 100).toFixed(fen % 100 === 0 ? 0 : 2)}`
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10)
}

export function nightsBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
}

/** The days from one until another, without that one: of a stay, those on which its nights begin. */
export function daysFrom(from: string, until: string): string[] {
  return Array.from({ length: nightsBetween(from, until) }, (_, index) => addDays(from, index))
}

/** A day in short form, like `8月1日` or `Aug 1`. */
export function dayText(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(day))
}

/** A day as it is read out, like `8月1日星期六` or `Saturday, August 1`. */
export function fullDayText(day: string, locale: string): string {
  const parts = { weekday: 'long', month: 'long', day: 'numeric', timeZone: 'UTC' } as const
  return new Intl.DateTimeFormat(locale, parts).format(new Date(day))
}

/** The month of a day, like `2026年8月` or `August 2026`. */
export function monthText(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(day))
}

export function weekday(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(new Date(day))
}

/** The local time, `HH:MM:SS`. */
export function clock(date: Date = new Date()): string {
  return date.toTimeString().slice(0, 8)
}

/** The local time, `HH:MM`. */
export function shortClock(date: Date = new Date()): string {
  return date.toTimeString().slice(0, 5)
}

/** The time until an instant, like `29:58`; `0:00` afterwards. */
export function countdown(until: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** An entry code in two halves, as people read out eight characters. */
export function spaced(code: string): string {
  return `${code.slice(0, 4)} ${code.slice(4)}`
}

/** Shortens a long text in the middle. */
export function shorten(text: string, keep = 22): string {
  return text.length <= keep ? text : `${text.slice(0, keep - 7)}…${text.slice(-6)}`
}
