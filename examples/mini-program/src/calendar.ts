import { addDays, weekdayOf } from './format.ts'

/** A night as the server offers it, by the day on which it begins. */
export interface Night {
  date: string
  free: boolean
  /** Fen. */
  homestayPrice: number
}

/** Days of arrival and of leaving; empty until they are chosen. */
export interface Stay {
  arrival: string
  leaving: string
}

export const NO_STAY: Stay = { arrival: '', leaving: '' }

/** A day as the calendar draws it. */
export interface Day {
  date: string
  /** `1`, or `8月` on the first of a month. */
  text: string
  isOpen: boolean
  isInStay: boolean
}

/** The days of a calendar of these nights, and the day after the last one, on which a guest may leave. */
export function drawDays(nights: readonly Night[], stay: Stay): Day[] {
  const last = nights[nights.length - 1]
  if (!last) return []
  return [...nights.map(({ date }) => date), addDays(last.date, 1)].map((date) => ({
    date,
    text: date.slice(8) === '01' ? `${Number(date.slice(5, 7))}月` : String(Number(date.slice(8))),
    isOpen: isFree(nights, date) || mayLeave(nights, stay, date),
    isInStay: date === stay.arrival || (stay.arrival < date && date <= stay.leaving),
  }))
}

/** The places of the first week that stay empty, for weeks that begin on Sunday. */
export function leadingBlanks(nights: readonly Night[]): number[] {
  return Array.from({ length: nights[0] ? weekdayOf(nights[0].date) : 0 }, (_, place) => place)
}

/**
 * The stay after a tap on this day: the first tap is the arrival, the second one the leaving, another begins anew. A day
 * whose night is taken can be left on, as long as all nights before it are free.
 */
export function chooseDay(nights: readonly Night[], stay: Stay, day: string): Stay {
  if (mayLeave(nights, stay, day)) return { arrival: stay.arrival, leaving: day }
  return isFree(nights, day) ? { arrival: day, leaving: '' } : stay
}

/** The nights of a stay. */
export function nightsOf(nights: readonly Night[], { arrival, leaving }: Stay): Night[] {
  return arrival === '' ? [] : nights.filter(({ date }) => arrival <= date && date < leaving)
}

function isFree(nights: readonly Night[], day: string): boolean {
  return nights.some(({ date, free }) => date === day && free)
}

function mayLeave(nights: readonly Night[], { arrival, leaving }: Stay, day: string): boolean {
  if (arrival === '' || leaving !== '' || day <= arrival) return false
  return nightsOf(nights, { arrival, leaving: day }).every(({ free }) => free)
}
