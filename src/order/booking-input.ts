import { type InvalidField, InvalidInputError } from '../errors.ts'
import { daysBetween, parseDay, shanghaiDay } from '../infra/shanghai.ts'

const MAX_NIGHTS = 30
const MAX_DAYS_AHEAD = 730
const MAX_REMARK = 200

export interface BookingInput {
  homestayId: string
  /** `yyyy-mm-dd`, the day of arrival. */
  liveStartDate: string
  /** `yyyy-mm-dd`, the day of leaving. */
  liveEndDate: string
  livePeopleNum: number
  needFood: boolean
  remark?: string | null
  /** The client's own key, 1 to 64 characters, per user and for ever. */
  idempotencyKey?: string | null
}

export interface CheckedBooking {
  homestayId: string
  arrival: Date
  leaving: Date
  nights: number
  people: number
  needFood: boolean
  remark: string
}

/**
 * Checks a booking against all rules that need no database.
 *
 * @param now decides which day "today" is in Shanghai.
 * @throws {InvalidInputError} naming every field that breaks a rule.
 */
export function checkBooking(input: BookingInput, now: Date): CheckedBooking {
  const arrival = parseDay(input.liveStartDate)
  const leaving = parseDay(input.liveEndDate)
  const nights = arrival && leaving ? daysBetween(arrival, leaving) : Number.NaN
  const remark = trimRemark(input.remark)
  const idempotencyKey = input.idempotencyKey ?? null

  const invalid: InvalidField[] = []
  const require = (holds: boolean, path: string, message: string) => holds || invalid.push({ path, message })
  require(arrival !== null, 'liveStartDate', 'must be a day like 2026-12-24')
  require(leaving !== null, 'liveEndDate', 'must be a day like 2026-12-25')
  if (arrival) {
    const ahead = daysBetween(shanghaiDay(now), arrival)
    require(ahead >= 0, 'liveStartDate', 'must be today or later')
    require(ahead <= MAX_DAYS_AHEAD, 'liveStartDate', `must be within ${MAX_DAYS_AHEAD} days`)
  }
  if (arrival && leaving) {
    require(nights >= 1 && nights <= MAX_NIGHTS, 'liveEndDate', `must be 1 to ${MAX_NIGHTS} nights after liveStartDate`)
  }
  require(Number.isInteger(input.livePeopleNum) && input.livePeopleNum >= 1, 'livePeopleNum', 'must be 1 or more')
  require(Array.from(remark).length <= MAX_REMARK, 'remark', `must have ${MAX_REMARK} characters at the most`)
  require(!remark.includes('\u0000'), 'remark', 'must be plain text')
  if (idempotencyKey !== null) {
    const length = Array.from(idempotencyKey).length
    const plain = !idempotencyKey.includes('\u0000')
    require(length >= 1 && length <= 64 && plain, 'idempotencyKey', 'must have 1 to 64 characters')
  }
  if (invalid.length > 0 || !arrival || !leaving) throw new InvalidInputError(invalid)

  const { homestayId, livePeopleNum: people, needFood } = input
  return { homestayId, arrival, leaving, nights, people, needFood, remark }
}

/** A remark as it is stored; no remark is an empty one. */
export function trimRemark(remark: string | null | undefined): string {
  return remark?.trim() ?? ''
}
