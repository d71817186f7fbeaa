import { createHash } from 'node:crypto'
import { type Homestay, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError, NotFoundError } from '../errors.ts'
import type { Transaction } from '../infra/database.ts'
import { createSn } from '../infra/numbers.ts'
import { type BookingInput, type CheckedBooking, checkBooking } from './booking-input.ts'
import { HomestayUnavailableError, IdempotencyKeyReusedError, TooManyUnpaidOrdersError } from './errors.ts'
import { type Price, priceStay } from './pricing.ts'

/** WeChat's and PostgreSQL's limit for an amount. */
const MAX_FEN = 2_147_483_647

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
  const [clock] = await deps.db.$queryRaw<[{ now: Date }]>`SELECT now()`
  const booking = checkBooking(input, clock.now)
  try {
    return await deps.db.$transaction((tx) => book(deps, tx, userId, booking))
  } catch (error) {
    if (isNightTaken(error)) throw new HomestayUnavailableError()
    throw error
  }
}

async function book(deps: Deps, tx: Transaction, userId: string, booking: CheckedBooking): Promise<{ sn: string }> {
  // The guest's own bookings take turns: the key is looked up and the unpaid ones counted by one at a time.
  await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${userId} FOR NO KEY UPDATE`
  const idempotencyHash = hashInput(booking)
  const earlier = await findByKey(tx, userId, booking.idempotencyKey, idempotencyHash)
  if (earlier) return earlier

  const homestay = await tx.homestay.findFirst({ where: { id: booking.homestayId, onShelf: true } })
  if (!homestay) throw new NotFoundError('homestay')
  const price = priceOf(homestay, booking)
  const unpaid = await tx.homestayOrder.count({ where: { userId, tradeState: 'WAIT_PAY' } })
  const { unpaidLimit, paySeconds } = deps.config.order
  if (unpaid >= unpaidLimit) throw new TooManyUnpaidOrdersError(unpaidLimit)

  const [deadline] = await tx.$queryRaw<[{ payBefore: Date }]>`
    SELECT date_trunc('second', now()) + make_interval(secs => ${paySeconds}) AS "payBefore"`
  const { title, subTitle, cover, info, pricedBy, homestayPrice, foodPrice } = homestay
  return tx.homestayOrder.create({
    data: {
      sn: createSn('HO'),
      userId,
      homestayId: homestay.id,
      payBefore: deadline.payBefore,
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
      ...(booking.idempotencyKey === null ? {} : { idempotencyKey: booking.idempotencyKey, idempotencyHash }),
    },
    select: { sn: true },
  })
}

async function findByKey(
  tx: Transaction,
  userId: string,
  idempotencyKey: string | null,
  idempotencyHash: string,
): Promise<{ sn: string } | null> {
  if (idempotencyKey === null) return null
  const earlier = await tx.homestayOrder.findUnique({ where: { userId_idempotencyKey: { userId, idempotencyKey } } })
  if (earlier && earlier.idempotencyHash !== idempotencyHash) throw new IdempotencyKeyReusedError()
  return earlier
}

/** @throws {InvalidInputError} when it doesn't fit the homestay. */
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

/** What "the same input" means for an idempotency key. */
function hashInput({ homestayId, arrival, leaving, people, needFood, remark }: CheckedBooking): string {
  const input = JSON.stringify([homestayId, arrival, leaving, people, needFood, remark])
  return createHash('sha256').update(input).digest('hex')
}

/** The exclusion constraint is the judge of who gets the nights; the loser hears of it here. */
function isNightTaken(error: unknown): boolean {
  const fromDatabase =
    error instanceof Prisma.PrismaClientKnownRequestError || error instanceof Prisma.PrismaClientUnknownRequestError
  const text = fromDatabase ? `${error.message} ${JSON.stringify('meta' in error ? error.meta : {})}` : ''
  return text.includes('homestay_order_nights_held_once')
}
