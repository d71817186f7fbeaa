import type { Payment, PaymentMismatch, Prisma } from '../../../prisma/client/client.ts'
import type { Tx } from '../../infra/database.ts'
import type { By } from '../../operator/act.ts'
import { MAX_FEN } from '../../wechat/input-rules.ts'
import { parseTransaction } from '../../wechat/transaction.ts'
import type { Change } from '../change-payment.ts'
import { recordChange } from '../record.ts'

/** A mismatch about the money of a payment that we know, which is under review for it. */
export type MoneyMismatch = PaymentMismatch & { paymentSn: string }

/** The mismatches that put a payment under review. */
export const ABOUT_A_PAYMENT = {
  paymentSn: { not: null },
  subject: 'MONEY',
} as const satisfies Prisma.PaymentMismatchWhereInput

/** A mismatch about money with the payment that is under review for it; null when there is none of this id. */
export async function findMoneyMismatch(
  db: Pick<Tx, 'paymentMismatch'>,
  id: string,
): Promise<{ mismatch: MoneyMismatch; payment: Payment } | null> {
  const found = await db.paymentMismatch.findFirst({ where: { ...ABOUT_A_PAYMENT, id }, include: { payment: true } })
  if (!found?.payment) return null
  const { payment, ...mismatch } = found
  return { mismatch: { ...mismatch, paymentSn: payment.sn }, payment }
}

/**
 * True when this money can never be settled for the payment: the transaction has paid another payment, another
 * transaction has paid this one, or its amount is 0 or too large.
 */
export function isUnacceptable(mismatch: MoneyMismatch, payment: Payment): boolean {
  if (mismatch.kind === 'OTHER_TRANSACTION' || mismatch.kind === 'TRANSACTION_TAKEN') return true
  if (payment.transactionId !== null && payment.transactionId !== mismatch.transactionId) return true
  const { totalFen = 0 } = parseTransaction(mismatch.content as Record<string, unknown>)
  return totalFen < 1 || totalFen > MAX_FEN
}

/** A decision as the rows keep it. */
type Resolution = Pick<PaymentMismatch, 'resolution' | 'resolvedAt'> &
  Partial<Pick<PaymentMismatch, 'decidedBy' | 'decidedAt' | 'decidedReason'>>

/** A payment's transaction, which several mismatches may be about. */
type Reported = Pick<MoneyMismatch, 'paymentSn' | 'transactionId'>

/** Resolves every undecided mismatch about this transaction's money. @returns how many. */
export async function resolveUndecided(tx: Tx, reported: Reported, resolution: Resolution): Promise<number> {
  return resolveMoney(tx, reported, { where: { resolution: null }, data: resolution })
}

/** Ends every mismatch about this transaction's money, once what was decided is carried out. */
export async function resolveCarriedOut(tx: Tx, reported: Reported): Promise<void> {
  await resolveMoney(tx, reported, { where: { resolvedAt: null }, data: { resolvedAt: new Date() } })
}

/** Locks the mismatches by their key: of those who change several at once, not all have the payment locked. */
async function resolveMoney(
  tx: Tx,
  { paymentSn, transactionId }: Reported,
  { where, data }: { where: Prisma.PaymentMismatchWhereInput; data: Partial<Resolution> },
): Promise<number> {
  await tx.$queryRaw`
    SELECT id FROM payment_mismatch
    WHERE "paymentSn" = ${paymentSn} AND "transactionId" = ${transactionId} AND subject = 'MONEY' ORDER BY id FOR UPDATE`
  const about = { ...ABOUT_A_PAYMENT, paymentSn, transactionId }
  return (await tx.paymentMismatch.updateMany({ where: { ...about, ...where }, data })).count
}

/** Who decided, as a mismatch's row keeps it. */
export function decidedBy(by: By | undefined): Partial<Resolution> {
  return by ? { decidedBy: by.operator, decidedAt: new Date(), decidedReason: by.reason ?? null } : {}
}

/**
 * Makes a locked payment's review match its mismatches: it is under review while one about another transaction's money
 * is open. A mismatch about the transaction that has paid it after all is resolved as SETTLED.
 */
export async function reviewPayment(change: Change, payment: Payment, detail: Prisma.InputJsonObject): Promise<void> {
  const { tx } = change
  const { sn: paymentSn, transactionId } = payment
  if (transactionId !== null)
    await resolveUndecided(tx, { paymentSn, transactionId }, { resolution: 'SETTLED', resolvedAt: new Date() })
  const others = transactionId === null ? {} : { transactionId: { not: transactionId } }
  const open = await tx.paymentMismatch.count({ where: { ...ABOUT_A_PAYMENT, paymentSn, resolvedAt: null, ...others } })
  const isUnderReview = open > 0
  if (isUnderReview === (payment.underReviewAt !== null)) return
  const underReviewAt = isUnderReview ? new Date() : null
  await recordChange(change, payment, { underReviewAt }, { source: 'OPERATOR', detail })
}
