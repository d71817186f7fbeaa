import type { Payment, PaymentMisfit, Prisma } from '../../prisma/client/client.ts'
import { MAX_COLUMN_FEN, type Transaction } from '../infra/database.ts'
import { parseTransaction } from '../wechat/transaction.ts'
import { recordChange } from './record.ts'

/**
 * What became of a misfit: an operator's decision (ACCEPTED, REFUNDED, DISMISSED); SETTLED, by a word of WeChat's that
 * fits; of a refund that was told too early, ACCEPTED or MISFIT.
 */
export type Resolution = 'ACCEPTED' | 'REFUNDED' | 'DISMISSED' | 'SETTLED' | 'MISFIT'

/** A success that doesn't fit its payment, which it has put into dispute. */
export type MoneyMisfit = PaymentMisfit & { paymentSn: string }

/** Of all that is kept for a person: the successes; neither refunds nor notices of other kinds. */
export const ABOUT_MONEY = {
  paymentSn: { not: null },
  NOT: [{ kind: { startsWith: 'REFUND_' } }, { kind: 'EVENT_TYPE' }],
} satisfies Prisma.PaymentMisfitWhereInput

/** A misfit about money with the payment that it disputes; null when there is none of this id. */
export async function findMoneyMisfit(
  db: Pick<Transaction, 'paymentMisfit'>,
  id: string,
): Promise<{ misfit: MoneyMisfit; payment: Payment } | null> {
  const found = await db.paymentMisfit.findFirst({ where: { ...ABOUT_MONEY, id }, include: { payment: true } })
  if (!found?.payment) return null
  const { payment, ...misfit } = found
  return { misfit: { ...misfit, paymentSn: payment.sn }, payment }
}

/** True when the misfit's money can never be the payment's: it paid another, another paid it, or it is no amount. */
export function isForeign(misfit: MoneyMisfit, payment: Payment): boolean {
  if (misfit.kind === 'OTHER_TRANSACTION' || misfit.kind === 'TRANSACTION_TAKEN') return true
  if (payment.transactionId !== null && payment.transactionId !== misfit.transactionId) return true
  const { totalFen = 0 } = parseTransaction(misfit.content as Record<string, unknown>)
  return totalFen < 1 || totalFen > MAX_COLUMN_FEN
}

/**
 * Makes a locked payment's dispute what its misfits say: it lasts while money that didn't pay the payment waits to be
 * dealt with. What doesn't fit about money that has paid it after all is SETTLED.
 *
 * @returns the payment as changed, or null when the dispute is right as it is.
 */
export async function reviewDispute(
  tx: Transaction,
  payment: Payment,
  detail: Prisma.InputJsonObject,
): Promise<Payment | null> {
  const { sn: paymentSn, transactionId } = payment
  if (transactionId !== null) {
    await tx.paymentMisfit.updateMany({
      where: { ...ABOUT_MONEY, paymentSn, transactionId, resolution: null },
      data: { resolution: 'SETTLED' satisfies Resolution, resolvedAt: new Date() },
    })
  }
  const others = transactionId === null ? {} : { transactionId: { not: transactionId } }
  const waiting = await tx.paymentMisfit.count({ where: { ...ABOUT_MONEY, paymentSn, resolvedAt: null, ...others } })
  const isDisputed = waiting > 0
  if (isDisputed === (payment.disputedAt !== null)) return null
  return recordChange(tx, payment, { disputedAt: isDisputed ? new Date() : null }, { source: 'OPERATOR', detail })
}
