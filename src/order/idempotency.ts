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

/** The key as it is stored, with what "the same input" means for it. */
export function keyOf(input: BookingInput): { idempotencyKey: string | null; idempotencyHash: string | null } {
  const { homestayId, liveStartDate, liveEndDate, livePeopleNum, needFood, remark, idempotencyKey } = input
  if (idempotencyKey === null || idempotencyKey === undefined) return { idempotencyKey: null, idempotencyHash: null }
  const same = JSON.stringify([homestayId, liveStartDate, liveEndDate, livePeopleNum, needFood, trimRemark(remark)])
  return { idempotencyKey, idempotencyHash: createHash('sha256').update(same).digest('hex') }
}
