const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000
const WEEKDAYS = ['日', '一', '二', '三', '四', '五', '六']

/** `¥468` or `¥468.50`. */
export function yuan(fen: number): string {
  return `¥${(fen / 100).toFixed(fen % 100 === 0 ? 0 : 2)}`
}

/** Today in Shanghai, `yyyy-mm-dd`, wherever the phone is. */
export function today(): string {
  return toDay(Date.now() + SHANGHAI_MS)
}

export function addDays(day: string, count: number): string {
  return toDay(Date.parse(day) + count * DAY_MS)
}

function nightsBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
}

/** `8月1日`. */
export function dayText(day: string): string {
  return `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`
}

/** 0 is a Sunday. */
export function weekdayOf(day: string): number {
  return new Date(day).getUTCDay()
}

/** `8月1日 周六 至 8月3日 周一，2 晚`. */
export function stayText(from: string, to: string): string {
  return `${withWeekday(from)} 至 ${withWeekday(to)}，${nightsBetween(from, to)} 晚`
}

/** The time of day in Shanghai, `HH:MM`. */
export function timeText(instant: string): string {
  return new Date(Date.parse(instant) + SHANGHAI_MS).toISOString().slice(11, 16)
}

/** An entry code in two halves, as people read out eight characters. */
export function spaced(code: string): string {
  return `${code.slice(0, 4)} ${code.slice(4)}`
}

function withWeekday(day: string): string {
  return `${dayText(day)} 周${WEEKDAYS[weekdayOf(day)]}`
}

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
