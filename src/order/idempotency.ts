import { createHash } from 'node:crypto'
import type { Tx } from '../infra/database.ts'
import { type BookingInput, trimRemark } from './booking-input.ts'
import { IdempotencyKeyReusedError } from './errors.ts'

/**
 * The guest's order that was booked with this key; null when the key is new, or there is none.
 *
 * @throws {IdempotencyKeyReusedError} when it was booked with other input.
 */
export async function findByKey(tx: Tx, userId: string, input: BookingInput): Promise<{ sn: string } | null> {
  const { idempotencyKey, idempotencyHash } = keyOf(input)
  if (idempotencyKey === null || idempotencyKey.includes('\u0000')) return null
  const earlier = await tx.homestayOrder.findUnique({
    where: { userId_idempotencyKey: { userId, idempotencyKey } },
    select: { sn: true, idempotencyHash: true },
  })
  if (earlier && earlier.idempotencyHash !== idempotencyHash) throw new IdempotencyKeyReusedError()
  return earlier && { sn: earlier.sn }
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
