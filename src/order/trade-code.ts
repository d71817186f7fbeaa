import type { Deps } from '../deps.ts'
import type { Tx } from '../infra/database.ts'
import { randomCharacters } from '../infra/numbers.ts'
import { enqueue } from '../infra/queue.ts'
import { uploadShipping } from '../jobs.ts'
import { lockPayment } from '../payment/record.ts'
import { TradeCodeInvalidError } from './errors.ts'
import { lockOrder, moveOrder } from './record.ts'
import { findByTradeCode } from './wrong-codes.ts'

// Without look-alikes: no 0 and O, no 1, I and L.
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const LENGTH = 8

/** 8 characters without look-alikes, from a CSPRNG. */
export function drawTradeCode(): string {
  return randomCharacters(LENGTH, ALPHABET)
}

/** An entry code that no order ever had. */
export async function createTradeCode(tx: Tx, draw = drawTradeCode): Promise<string> {
  for (;;) {
    const tradeCode = draw()
    const taken = await tx.homestayOrder.findUnique({ where: { tradeCode }, select: { sn: true } })
    if (!taken) return tradeCode
  }
}

/** A code as typed by a person: upper case, without the spaces and hyphens they put in. */
export function normaliseTradeCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '')
}

/**
 * Redeems an entry code: the order becomes USED, exactly once.
 *
 * @param input.tradeCode as typed; case, spaces and hyphens don't matter.
 * @returns the order's number.
 * @throws {TradeCodeInvalidError} when no order of this host can be redeemed with it now. The error doesn't say why.
 * @throws {RateLimitedError} while the host's redemption is locked, after too many wrong codes.
 */
export async function redeemTradeCode(
  deps: Deps,
  input: { hostUserId: string; tradeCode: string },
): Promise<{ sn: string }> {
  const tradeCode = normaliseTradeCode(input.tradeCode)
  const found = await findByTradeCode(deps, { hostUserId: input.hostUserId, tradeCode })
  if (!found) throw new TradeCodeInvalidError()
  await deps.db.$transaction(async (tx) => {
    const order = await lockOrder(tx, found.sn)
    const payment = order?.paidBySn ? await lockPayment(tx, order.paidBySn) : null
    const redeemable =
      order?.tradeState === 'WAIT_USE' && payment?.status === 'SUCCESS' && !payment.heldAt && !payment.underReviewAt
    if (!redeemable) throw new TradeCodeInvalidError()
    await moveOrder(tx, order, 'USED', { usedAt: new Date() })
    if (deps.config.order.uploadShipping) await enqueue(deps.queue, tx, uploadShipping, [{ orderSn: order.sn }])
  })
  return found
}
