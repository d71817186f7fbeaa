import { type HomestayOrder, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError, NotFoundError } from '../errors.ts'
import { asJson, asText } from '../infra/database.ts'
import { createSn } from '../infra/numbers.ts'
import { formatDay, startOfShanghaiDay } from '../infra/shanghai.ts'
import { columnsOf, queryRows } from '../infra/statement.ts'
import { MAX_FEN } from '../wechat/input-rules.ts'
import { type BookingInput, type CheckedBooking, checkBooking } from './booking-input.ts'
import { HomestayUnavailableError, TooManyUnpaidOrdersError } from './errors.ts'
import { keyOf, plainKeyOf, requireSameInput } from './idempotency.ts'
import { type Price, priceStay, type Tariff } from './pricing.ts'
import { fieldTexts, orderTexts } from './texts.ts'

/** WeChat lets a number be paid for a minute at least, whatever its `time_expire`. */
const LEAST_PAY_MS = 60_000

/** A homestay changes between looking and booking when its host changes it in that very moment. */
const LOOKS = 3

/** What `homestay_order_book` answers; each is defined in the migration that creates it. */
type Outcome = 'BOOKED' | 'EARLIER' | 'HOMESTAY_CHANGED' | 'TOO_MANY_UNPAID' | 'NIGHTS_TAKEN' | 'TOO_NEAR'

const EARLIER_COLUMNS = columnsOf(Prisma.HomestayOrderScalarFieldEnum, 'o')
const BOOKED_COLUMNS = columnsOf(Prisma.HomestayOrderScalarFieldEnum, '(b.booked)')

/** Of the homestay that is to be booked, while it is on the shelf. */
type Offered = Tariff & { peopleNum: number }

/**
 * Books a homestay: an order in WAIT_PAY that holds its nights and keeps the homestay as it was sold. With an
 * `idempotencyKey`, the same input answers the same order for ever.
 *
 * Two statements and no transaction: the first looks, and the price is made from what it saw; the second books, with the
 * guest and the homestay locked, if that still holds.
 *
 * @throws {InvalidInputError} naming the fields that break their rules.
 * @throws {NotFoundError} when no such homestay is on the shelf.
 * @throws {HomestayUnavailableError} when another order holds one of the nights.
 * @throws {TooManyUnpaidOrdersError} when the guest holds as many unpaid orders as allowed.
 * @throws {IdempotencyKeyReusedError} when the key came with other input before.
 */
export async function createHomestayOrder(
  deps: Deps,
  { userId, ...input }: BookingInput & { userId: string },
): Promise<HomestayOrder> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const { now, earlier, homestay } = await lookAt(deps, userId, input)
    // Before the rules: a stay that could be booked when the key was new may be past, or off the shelf, by now.
    if (earlier) return requireSameInput(earlier, input)
    const booking = checkBooking(input, now)
    if (!homestay) throw new NotFoundError(orderTexts.homestay)
    const { outcome, ...booked } = await book(deps, {
      sn: createSn('HO'),
      userId,
      homestayId: booking.homestayId,
      payBefore: deadlineOf(now, deps.config.order.paySeconds, booking),
      pricedBy: homestay.pricedBy,
      homestayPrice: homestay.homestayPrice,
      foodPrice: homestay.foodPrice,
      ...priceOf(homestay, booking),
      liveStartDate: formatDay(booking.arrival),
      liveEndDate: formatDay(booking.leaving),
      livePeopleNum: booking.people,
      needFood: booking.needFood,
      remark: booking.remark,
      ...keyOf(input),
    })
    if (outcome === 'BOOKED') return booked
    if (outcome === 'EARLIER') return requireSameInput(booked, input)
    if (outcome !== 'HOMESTAY_CHANGED') throw refusalOf(outcome, deps.config.order)
  }
  // Its host changes it again and again: to the guest, as good as taken.
  throw new HomestayUnavailableError()
}

/** Reads what is known before anything is locked. */
async function lookAt({ db }: Deps, userId: string, input: BookingInput) {
  const [found] = await queryRows<HomestayOrder & { now: Date; homestay: Offered | null }>(
    db,
    Prisma.sql`SELECT clock_timestamp() AS now, ${EARLIER_COLUMNS}, CASE WHEN h."onShelf" THEN jsonb_build_object('peopleNum', h."peopleNum",
      'pricedBy', h."pricedBy", 'homestayPrice', h."homestayPrice", 'foodPrice', h."foodPrice") END AS homestay
    FROM (SELECT) AS one LEFT JOIN homestay h ON h.id = ${asText(input.homestayId)}
    LEFT JOIN homestay_order o ON o."userId" = ${userId} AND o."idempotencyKey" = ${plainKeyOf(input)}`,
  )
  if (!found) throw new Error('a SELECT of one row gave none')
  const { now, homestay, ...earlier } = found
  // All columns are null when there is no such order.
  return { now, homestay, earlier: (earlier.sn as string | null) === null ? null : earlier }
}

type Draft = Omit<Partial<HomestayOrder>, 'payBefore' | 'liveStartDate' | 'liveEndDate'> & {
  payBefore: Date | null
  liveStartDate: string
  liveEndDate: string
}

/** Books, or says why not; then the columns of the order are null. */
async function book({ db, config }: Deps, draft: Draft): Promise<HomestayOrder & { outcome: Outcome }> {
  const [booked] = await queryRows<HomestayOrder & { outcome: Outcome }>(
    db,
    Prisma.sql`
    SELECT b.outcome, ${BOOKED_COLUMNS} FROM homestay_order_book(${asJson(draft)}::jsonb, ${config.order.unpaidLimit}::int) b`,
  )
  if (!booked) throw new Error('homestay_order_book returned nothing')
  return booked
}

function refusalOf(
  outcome: Exclude<Outcome, 'BOOKED' | 'EARLIER' | 'HOMESTAY_CHANGED'>,
  { unpaidLimit }: { unpaidLimit: number },
): Error {
  switch (outcome) {
    case 'TOO_MANY_UNPAID':
      return new TooManyUnpaidOrdersError(unpaidLimit)
    case 'NIGHTS_TAKEN':
      return new HomestayUnavailableError()
    case 'TOO_NEAR':
      return new InvalidInputError([{ path: 'liveEndDate', text: fieldTexts.tooNear }])
  }
}

/**
 * The payment deadline, in the whole seconds that WeChat takes. Never past the day of leaving: the order would expire
 * the moment it is paid. Null when WeChat's minute would end after that.
 */
export function deadlineOf(now: Date, paySeconds: number, { leaving }: Pick<CheckedBooking, 'leaving'>): Date | null {
  const lastMs = startOfShanghaiDay(leaving).getTime()
  const deadlineMs = Math.min(Math.floor(now.getTime() / 1000 + paySeconds) * 1000, lastMs)
  return deadlineMs === lastMs && lastMs - now.getTime() < LEAST_PAY_MS ? null : new Date(deadlineMs)
}

/** @throws {InvalidInputError} when the homestay sleeps fewer people, or the price is more than one payment can be. */
function priceOf(homestay: Offered, { nights, people, needFood }: CheckedBooking): Price {
  if (people > homestay.peopleNum) {
    const text = fieldTexts.tooManyPeople(homestay.peopleNum)
    throw new InvalidInputError([{ path: 'livePeopleNum', text }])
  }
  const price = priceStay(homestay, { nights, people, needFood })
  if (price.orderTotalPrice > MAX_FEN) {
    throw new InvalidInputError([{ path: 'liveEndDate', text: fieldTexts.tooDear }])
  }
  return price
}
