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

/** A day in short form, like `8月1日` or `Aug 1`. */
export function dayText(day, language) {
  return new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(day))
}

export function weekday(day, language) {
  return new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(new Date(day))
}

/** The local time, `HH:MM:SS`, or `HH:MM` with `short`. */
export function clock(date = new Date(), short = false) {
  return date.toTimeString().slice(0, short ? 5 : 8)
}

/** The time until an instant, like `29:58`; `0:00` afterwards. */
export function countdown(until) {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** An entry code in two halves, as people read out eight characters. */
export function spaced(code) {
  return `${code.slice(0, 4)} ${code.slice(4)}`
}

/** Shortens a long text in the middle. */
export function shorten(text, keep = 22) {
  return text.length <= keep ? text : `${text.slice(0, keep - 7)}…${text.slice(-6)}`
}

/** Works where `crypto.randomUUID` is missing, too: on plain http with a host name. */
export function randomName(length) {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % letters.length]).join('')
}
