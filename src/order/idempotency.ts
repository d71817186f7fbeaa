import { createHash } from 'node:crypto'
import type { HomestayOrder } from '../../prisma/client/client.ts'
import { type BookingInput, trimRemark } from './booking-input.ts'
import { IdempotencyKeyReusedError } from './errors.ts'

/**
 * The order that was booked with the key of this input before.
 *
 * @throws {IdempotencyKeyReusedError} when it was booked with other input.
 */
export function requireSameInput(earlier: HomestayOrder, input: BookingInput): HomestayOrder {
  if (earlier.idempotencyHash !== keyOf(input).idempotencyHash) throw new IdempotencyKeyReusedError()
  return earlier
}

/** The key to find an earlier order by; null when there is none, or it is one that no order can have. */
export function plainKeyOf({ idempotencyKey }: BookingInput): string | null {
  return idempotencyKey?.includes('\u0000') ? null : (idempotencyKey ?? null)
}

/** The key as it is stored, with the hash of the rest of the input: it is the same for the same input alone. */
export function keyOf(input: BookingInput): { idempotencyKey: string | null; idempotencyHash: string | null } {
  const { idempotencyKey, ...rest } = input
  if (idempotencyKey === null || idempotencyKey === undefined) return { idempotencyKey: null, idempotencyHash: null }
  return { idempotencyKey, idempotencyHash: createHash('sha256').update(serializeBooking(rest)).digest('hex') }
}

/**
 * Serializes the booking for hashing. The first six fields keep their order because hashes are stored; later ones are
 * appended by name, and only when set, so old inputs keep their hash. (False counts as not set: a client that doesn't
 * know a switch leaves it off.)
 */
function serializeBooking(booking: Omit<BookingInput, 'idempotencyKey'>): string {
  const { homestayId, liveStartDate, liveEndDate, livePeopleNum, needFood, remark, ...later } = booking
  const given = Object.entries<unknown>(later).filter(
    ([, value]) => value !== undefined && value !== null && value !== false,
  )
  const first = [homestayId, liveStartDate, liveEndDate, livePeopleNum, needFood, trimRemark(remark)]
  return JSON.stringify([...first, ...given.toSorted(([a], [b]) => (a < b ? -1 : 1))])
}
