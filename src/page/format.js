const DAY_MS = 86_400_000

/** `¥468` or `¥468.50`. */
export function yuan(fen) {
  return `¥${(fen / 100).toFixed(fen % 100 === 0 ? 0 : 2)}`
}

/** Today in Shanghai, `yyyy-mm-dd`. */
export function today() {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(new Date())
}

export function addDays(day, count) {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10)
}

export function nightsBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
}

/** The nights of a stay, as the days on which they begin. */
export function nightsOf(from, to) {
  return Array.from({ length: nightsBetween(from, to) }, (_, index) => addDays(from, index))
}

/** A day as people say it, like `8月1日` or `Aug 1`. */
export function dayText(day, language) {
  return new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(day))
}

export function weekday(day, language) {
  return new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(new Date(day))
}

/** The clock on the wall, `HH:MM:SS`, or with `short` as on a phone. */
export function clock(date = new Date(), short = false) {
  return date.toTimeString().slice(0, short ? 5 : 8)
}

/** `29:58` until an instant; `0:00` when it is over. */
export function countdown(until) {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** An entry code in two halves, which is how people read eight characters out. */
export function spaced(code) {
  return `${code.slice(0, 4)} ${code.slice(4)}`
}

/** Long numbers keep their ends. */
export function shorten(text, keep = 22) {
  return text.length <= keep ? text : `${text.slice(0, keep - 7)}…${text.slice(-6)}`
}

/** Also where there is no `crypto.randomUUID`: on plain http with a name. */
export function randomName(length) {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % letters.length]).join('')
}
