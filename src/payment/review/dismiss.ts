import type { Deps } from '../../deps.ts'
import { NotFoundError } from '../../errors.ts'
import type { Tx } from '../../infra/database.ts'
import { changePayment } from '../change-payment.ts'
import { lockPayment } from '../record.ts'
import { ABOUT_A_PAYMENT, findMoneyMismatch, isUnacceptable, type MoneyMismatch, reviewPayment } from './mismatch.ts'

/**
 * An operator dismisses a mismatch that belongs to no payment here, after dealing with it on the merchant platform: a
 * transaction that can't be its payment's, money of an unknown number, a refund that isn't in our books, a notice that
 * we don't handle. No payment stays under review for it, and the same report changes nothing any more. Safe to call
 * twice.
 *
 * @throws {NotFoundError} when there is no such mismatch, or its money is its payment's: accept or refund it instead.
 */
export async function dismissMismatch(deps: Deps, { mismatchId }: { mismatchId: string }): Promise<void> {
  const dismissed = { resolution: 'DISMISSED', resolvedAt: new Date() } as const
  if (await deps.db.paymentMismatch.findFirst({ where: { id: mismatchId, NOT: ABOUT_A_PAYMENT } })) {
    await deps.db.paymentMismatch.updateMany({ where: { id: mismatchId, resolvedAt: null }, data: dismissed })
    return
  }
  const { paymentSn } = await getDismissible(deps.db, mismatchId)
  await changePayment(deps, async (change) => {
    const { tx } = change
    const payment = await lockPayment(tx, paymentSn)
    // Checked again under the lock: until now the payment could be settled by this transaction.
    await getDismissible(tx, mismatchId)
    await tx.paymentMismatch.update({ where: { id: mismatchId }, data: dismissed })
    if (payment) await reviewPayment(change, payment, { dismissed: mismatchId })
  })
}

async function getDismissible(db: Pick<Tx, 'paymentMismatch'>, mismatchId: string): Promise<MoneyMismatch> {
  const found = await findMoneyMismatch(db, mismatchId)
  if (!found || !isUnacceptable(found.mismatch, found.payment)) throw new NotFoundError('mismatch to dismiss')
  return found.mismatch
}
