import { type InvalidField, InvalidInputError } from '../errors.ts'
import { daysBetween, parseDay, shanghaiDay } from '../infra/shanghai.ts'
import type { Text } from '../texts.ts'
import { fieldTexts } from './texts.ts'

const MAX_NIGHTS = 30
/** How far ahead the first night of a stay may be. */
export const MAX_DAYS_AHEAD = 730
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
  const require = (holds: boolean, path: string, text: Text) => holds || invalid.push({ path, text })
  require(arrival !== null, 'liveStartDate', fieldTexts.arrivalNoDay)
  require(leaving !== null, 'liveEndDate', fieldTexts.leavingNoDay)
  if (arrival) {
    const ahead = daysBetween(shanghaiDay(now), arrival)
    require(ahead >= 0, 'liveStartDate', fieldTexts.arrivalPast)
    require(ahead <= MAX_DAYS_AHEAD, 'liveStartDate', fieldTexts.arrivalTooFar(MAX_DAYS_AHEAD))
  }
  if (arrival && leaving) {
    require(nights >= 1 && nights <= MAX_NIGHTS, 'liveEndDate', fieldTexts.nights(MAX_NIGHTS))
  }
  require(Number.isInteger(input.livePeopleNum) && input.livePeopleNum >= 1, 'livePeopleNum', fieldTexts.onePerson)
  require(Array.from(remark).length <= MAX_REMARK, 'remark', fieldTexts.remarkTooLong(MAX_REMARK))
  require(!remark.includes('\u0000'), 'remark', fieldTexts.remarkNoText)
  if (idempotencyKey !== null) {
    const length = Array.from(idempotencyKey).length
    const plain = !idempotencyKey.includes('\u0000')
    require(length >= 1 && length <= 64 && plain, 'idempotencyKey', fieldTexts.key)
  }
  if (invalid.length > 0 || !arrival || !leaving) throw new InvalidInputError(invalid)

  const { homestayId, livePeopleNum: people, needFood } = input
  return { homestayId, arrival, leaving, nights, people, needFood, remark }
}

/** A remark as it is stored; no remark is an empty one. */
export function trimRemark(remark: string | null | undefined): string {
  return remark?.trim() ?? ''
}
