import { type Homestay, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError, NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import { createSn } from '../infra/numbers.ts'
import { startOfShanghaiDay } from '../infra/shanghai.ts'
import { findWithMoney } from '../payment/attempt/find.ts'
import { MAX_FEN } from '../wechat/input-rules.ts'
import { type BookingInput, type CheckedBooking, checkBooking } from './booking-input.ts'
import { HomestayUnavailableError, TooManyUnpaidOrdersError } from './errors.ts'
import { findByKey, keyOf } from './idempotency.ts'
import { type Price, priceStay } from './pricing.ts'
import { HOLDS_NIGHTS } from './state.ts'

/** WeChat lets a number be paid for a minute at least, whatever its `time_expire`. */
const LEAST_PAY_MS = 60_000

/**
 * Books a homestay: an order in WAIT_PAY that holds its nights and keeps the homestay as it was sold. With an
 * `idempotencyKey`, the same input answers the same order for ever.
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
): Promise<{ sn: string }> {
  try {
    return await deps.db.$transaction((tx) => book(deps, tx, userId, input))
  } catch (error) {
    if (isNightTaken(error)) throw new HomestayUnavailableError()
    throw error
  }
}

async function book(deps: Deps, tx: Tx, userId: string, input: BookingInput): Promise<{ sn: string }> {
  const now = await lockGuest(tx, userId)
  // Before the rules: a stay that could be booked when the key was new may be past, or off the shelf, by now.
  const earlier = await findByKey(tx, userId, input)
  if (earlier) return earlier
  const booking = checkBooking(input, now)

  const unpaid = await countUnpaid(tx, userId)
  const homestay = await lockHomestay(tx, booking.homestayId)
  const price = priceOf(homestay, booking)
  const { unpaidLimit, paySeconds } = deps.config.order
  if (unpaid >= unpaidLimit) throw new TooManyUnpaidOrdersError(unpaidLimit)
  await refuseTakenNights(tx, booking)

  const { title, subTitle, cover, info, pricedBy, homestayPrice, foodPrice } = homestay
  return tx.homestayOrder.create({
    data: {
      sn: createSn('HO'),
      userId,
      homestayId: homestay.id,
      payBefore: deadlineOf(now, paySeconds, booking),
      title,
      subTitle,
      cover,
      info,
      pricedBy,
      homestayPrice,
      foodPrice,
      ...price,
      liveStartDate: booking.arrival,
      liveEndDate: booking.leaving,
      livePeopleNum: booking.people,
      needFood: booking.needFood,
      remark: booking.remark,
      ...keyOf(input),
    },
    select: { sn: true },
  })
}

/**
 * The payment deadline, in the whole seconds that WeChat takes. Never past the day of leaving: the order would expire
 * the moment it is paid.
 *
 * @throws {InvalidInputError} when WeChat's minute would end after that.
 */
function deadlineOf(now: Date, paySeconds: number, { leaving }: CheckedBooking): Date {
  const lastMs = startOfShanghaiDay(leaving).getTime()
  const deadlineMs = Math.min(Math.floor(now.getTime() / 1000 + paySeconds) * 1000, lastMs)
  if (deadlineMs === lastMs && lastMs - now.getTime() < LEAST_PAY_MS) {
    throw new InvalidInputError([{ path: 'liveEndDate', message: 'is too near to pay for the stay in time' }])
  }
  return new Date(deadlineMs)
}

/**
 * Serializes the bookings of one guest: looking up the idempotency key and counting unpaid orders must not race.
 *
 * @returns the database's time.
 */
async function lockGuest(tx: Tx, userId: string): Promise<Date> {
  const [guest] = await tx.$queryRaw<
    { now: Date }[]
  >`SELECT clock_timestamp() AS now FROM "user" WHERE id = ${userId} FOR NO KEY UPDATE`
  if (!guest) throw new Error(`user ${userId} vanished`)
  return guest.now
}

/** Orders that wait for payment; not those whose money came and is under review, which the guest can't pay or cancel. */
async function countUnpaid(tx: Tx, userId: string): Promise<number> {
  const waiting = await tx.homestayOrder.findMany({ where: { userId, tradeState: 'WAIT_PAY' }, select: { sn: true } })
  const orderSns = waiting.map(({ sn }) => sn)
  const withMoney = await findWithMoney(tx, { serviceType: 'HOMESTAY_ORDER', orderSns })
  return orderSns.length - withMoney.size
}

/**
 * The homestay, locked: its bookings are serialized from here on. Otherwise two that conflict in the exclusion
 * constraint can wait for each other, until PostgreSQL ends one of them as a deadlock.
 *
 * @throws {NotFoundError} when no such homestay is on the shelf.
 */
async function lockHomestay(tx: Tx, id: string): Promise<Homestay> {
  await tx.$queryRaw`SELECT 1 FROM homestay WHERE id = ${id} FOR NO KEY UPDATE`
  const homestay = await tx.homestay.findFirst({ where: { id, onShelf: true } })
  if (!homestay) throw new NotFoundError('homestay')
  return homestay
}

/** @throws {HomestayUnavailableError} when another order holds one of the nights. */
async function refuseTakenNights(tx: Tx, { homestayId, arrival, leaving }: CheckedBooking): Promise<void> {
  const taken = await tx.homestayOrder.findFirst({
    where: {
      homestayId,
      tradeState: { in: HOLDS_NIGHTS },
      liveStartDate: { lt: leaving },
      liveEndDate: { gt: arrival },
    },
    select: { sn: true },
  })
  if (taken) throw new HomestayUnavailableError()
}

/** @throws {InvalidInputError} when the homestay sleeps fewer people, or the price is more than one payment can be. */
function priceOf(homestay: Homestay, { nights, people, needFood }: CheckedBooking): Price {
  if (people > homestay.peopleNum) {
    const message = `must be ${homestay.peopleNum} at the most: more don't fit in`
    throw new InvalidInputError([{ path: 'livePeopleNum', message }])
  }
  const price = priceStay(homestay, { nights, people, needFood })
  if (price.orderTotalPrice > MAX_FEN) {
    throw new InvalidInputError([{ path: 'liveEndDate', message: 'makes the stay dearer than can be paid at once' }])
  }
  return price
}

/** True when the exclusion constraint, which has the last word on who gets the nights, refused the order. */
function isNightTaken(error: unknown): boolean {
  const fromDatabase =
    error instanceof Prisma.PrismaClientKnownRequestError || error instanceof Prisma.PrismaClientUnknownRequestError
  const text = fromDatabase ? `${error.message} ${JSON.stringify('meta' in error ? error.meta : {})}` : ''
  return text.includes('homestay_order_nights_held_once')
}
