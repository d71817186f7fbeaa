import type { Payment, Refund } from '../../../prisma/client/client.ts'
import { InvalidInputError, NotFoundError } from '../../errors.ts'
import { databaseNow, type Tx } from '../../infra/database.ts'
import type { Text } from '../../texts.ts'
import { paymentTexts } from '../texts.ts'
import { isYearOver } from './year.ts'

/** The first tries of a refund are over after this. */
const TRIES = 3

/** A refund to a bank card takes 1 to 3 working days; holidays may stretch them to a week. */
export const REFUND_OVERDUE_AFTER_SECONDS = 7 * 86_400

/** A refund as an operator sees it. */
export type ShownRefund = Pick<
  Refund,
  | 'outRefundNo'
  | 'paymentSn'
  | 'cause'
  | 'status'
  | 'refundTotal'
  | 'attempt'
  | 'advanceCount'
  | 'lastAnswer'
  | 'nextAdvanceAt'
  | 'createdAt'
>

/** A payment that WeChat reports as refunded, by a refund that we don't know. */
export type Held = Pick<Payment, 'sn' | 'orderSn' | 'transactionId' | 'heldAt'>

/**
 * The refunds that don't reach the guest by themselves: ABNORMAL, refused again and again, or under way for a week. Oldest
 * first.
 */
export function listStuckRefunds(db: Pick<Tx, '$queryRaw'>, { limit }: { limit: number }): Promise<ShownRefund[]> {
  return db.$queryRaw`
    SELECT "outRefundNo", "paymentSn", cause::text, status::text, "refundTotal", attempt, "advanceCount", "lastAnswer",
      "nextAdvanceAt", "createdAt"
    FROM refund
    WHERE "nextAdvanceAt" IS NOT NULL AND (status = 'ABNORMAL' OR (status = 'REQUESTED' AND "advanceCount" >= ${TRIES})
      OR "createdAt" < now() - make_interval(secs => ${REFUND_OVERDUE_AFTER_SECONDS}))
    ORDER BY "createdAt", "outRefundNo" LIMIT ${limit}`
}

/**
 * The payments on hold, which wait for the number of the refund that WeChat made. The first condition is that of a partial
 * index, which isn't found by the second alone.
 */
export function listHeld(db: Pick<Tx, '$queryRaw'>, { limit }: { limit: number }): Promise<Held[]> {
  return db.$queryRaw`
    SELECT sn, "orderSn", "transactionId", "heldAt" FROM payment
    WHERE ("underReviewAt" IS NOT NULL OR "heldAt" IS NOT NULL) AND "heldAt" IS NOT NULL ORDER BY "heldAt", sn LIMIT ${limit}`
}

/**
 * Has a live refund requested or queried at once, by the next worker that looks, under the same number and with the same body.
 * Safe to call twice.
 *
 * @throws {NotFoundError}
 * @throws {InvalidInputError} when it has ended, or WeChat won't take it any more.
 */
export async function advanceNow(tx: Tx, outRefundNo: string): Promise<ShownRefund> {
  const refund = await getRefund(tx, outRefundNo)
  const { paidAt } = await tx.payment.findUniqueOrThrow({ where: { sn: refund.paymentSn } })
  if (refund.status === 'REQUESTED' && isYearOver(paidAt, await databaseNow(tx)))
    throw refuse(refund, paymentTexts.refundYearOver)
  const advanced = await tx.$executeRaw`
    UPDATE refund SET "nextAdvanceAt" = now() WHERE "outRefundNo" = ${outRefundNo} AND "nextAdvanceAt" IS NOT NULL`
  if (advanced === 0) throw refuse(refund, paymentTexts.refundEnded(refund.status))
  return toShown(refund)
}

/** @throws {NotFoundError} */
export async function getRefund(db: Pick<Tx, 'refund'>, outRefundNo: string): Promise<Refund> {
  const refund = await db.refund.findUnique({ where: { outRefundNo } })
  if (!refund) throw new NotFoundError(paymentTexts.refund)
  return refund
}

/**
 * A refund that can be sent to another account.
 *
 * @throws {NotFoundError}
 * @throws {InvalidInputError} when it isn't ABNORMAL, for WeChat refuses any other.
 */
export async function getAbnormal(db: Pick<Tx, 'refund'>, outRefundNo: string): Promise<Refund> {
  const refund = await getRefund(db, outRefundNo)
  if (!refund.refundId) throw refuse(refund, paymentTexts.notAccepted)
  if (refund.status !== 'ABNORMAL') throw refuse(refund, paymentTexts.notAbnormal(refund.status))
  return refund
}

function refuse({ outRefundNo }: Refund, text: Text): InvalidInputError {
  return new InvalidInputError([{ path: outRefundNo, text }])
}

function toShown(refund: Refund): ShownRefund {
  const { outRefundNo, paymentSn, cause, status, refundTotal, attempt, advanceCount, lastAnswer } = refund
  const { nextAdvanceAt, createdAt } = refund
  return {
    outRefundNo,
    paymentSn,
    cause,
    status,
    refundTotal,
    attempt,
    advanceCount,
    lastAnswer,
    nextAdvanceAt,
    createdAt,
  }
}
