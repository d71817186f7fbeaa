import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { asText } from '../infra/database.ts'
import { daysBetween, formatDay, shanghaiDay } from '../infra/shanghai.ts'
import { queryRows } from '../infra/statement.ts'
import type { Text } from '../texts.ts'
import { deadlineOf } from './booking.ts'
import { MAX_DAYS_AHEAD } from './booking-input.ts'
import { HOLDS_NIGHTS } from './state.ts'
import { rangeTexts } from './texts.ts'

/** The most nights that are listed at once: three months. */
export const MAX_LISTED_NIGHTS = 92

const DAY_MS = 86_400_000

/** SQL: the states that hold nights, as constants, so that the exclusion constraint's index serves. */
const HOLDING = Prisma.raw(HOLDS_NIGHTS.map((state) => `'${state}'`).join(', '))

/** Before any order; PostgreSQL knows no year 0, which a client may ask for. */
const FIRST_DAY = new Date('2000-01-01T00:00:00Z')

export interface Night {
  /** The day on which it begins. */
  date: Date
  /** Whether it can be booked now. */
  isFree: boolean
  /** Fen a night, or a person and night. */
  homestayPrice: number
}

/** From a day to another, which is left out. */
export interface NightRange {
  from: Date
  to: Date
}

/** What is asked of a range that isn't as it has to be; undefined for one that is. */
export function findRangeFault({ from, to }: NightRange): Text | undefined {
  const nights = daysBetween(from, to)
  if (nights < 1) return rangeTexts.empty
  return nights > MAX_LISTED_NIGHTS ? rangeTexts.tooLong(MAX_LISTED_NIGHTS) : undefined
}

/**
 * The nights of a range, one by one, and whether each can be booked by itself: by the same rules as `createHomestayOrder`,
 * at the database's time.
 *
 * @returns null when no such homestay is on the shelf.
 */
export async function findAvailability(
  { db, config }: Deps,
  { homestayId, ...range }: NightRange & { homestayId: string },
): Promise<Night[] | null> {
  const [from, to] = [range.from, range.to].map((day) => formatDay(day < FIRST_DAY ? FIRST_DAY : day))
  const [found] = await queryRows<FoundNights>(
    db,
    Prisma.sql`SELECT clock_timestamp() AS now, h."homestayPrice", (
      SELECT coalesce(jsonb_agg(jsonb_build_array(o."liveStartDate", o."liveEndDate")), '[]') FROM homestay_order o
      WHERE o."homestayId" = h.id AND o."tradeState" IN (${HOLDING})
        AND daterange(o."liveStartDate", o."liveEndDate", '[)') && daterange(${from}::date, ${to}::date, '[)')) AS held
    FROM homestay h WHERE h.id = ${asText(homestayId)} AND h."onShelf"`,
  )
  return found ? listNights(range, found, config.order) : null
}

export interface FoundNights {
  now: Date
  homestayPrice: number
  /** The days of arrival and of leaving of each order that holds nights of the range, as `yyyy-mm-dd`. */
  held: [arrival: string, leaving: string][]
}

/** The nights of a range, as they are `now`. */
export function listNights(
  { from, to }: NightRange,
  { now, homestayPrice, held }: FoundNights,
  { paySeconds }: { paySeconds: number },
): Night[] {
  const today = shanghaiDay(now)
  return Array.from({ length: daysBetween(from, to) }, (_each, index) => {
    const date = new Date(from.getTime() + index * DAY_MS)
    const day = formatDay(date)
    const ahead = daysBetween(today, date)
    const isHeld = held.some(([arrival, leaving]) => arrival <= day && day < leaving)
    // Tonight's is over for guests when it can't be paid any more before its end.
    const isPayable = deadlineOf(now, paySeconds, { leaving: new Date(date.getTime() + DAY_MS) }) !== null
    return { date, isFree: ahead >= 0 && ahead <= MAX_DAYS_AHEAD && isPayable && !isHeld, homestayPrice }
  })
}
