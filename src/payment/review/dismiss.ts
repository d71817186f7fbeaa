import type { PaymentMismatch } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { NotFoundError } from '../../errors.ts'
import type { Tx } from '../../infra/database.ts'
import { type By, inDetail, recordAct } from '../../operator/act.ts'
import { changePayment } from '../change-payment.ts'
import { lockPayment } from '../record.ts'
import { paymentTexts } from '../texts.ts'
import {
  ABOUT_A_PAYMENT,
  decidedBy,
  findMoneyMismatch,
  isUnacceptable,
  type MoneyMismatch,
  reviewPayment,
} from './mismatch.ts'

/**
 * An operator dismisses a mismatch that belongs to no payment here, after dealing with it on the merchant platform: a
 * transaction that can't be its payment's, money of an unknown number, a refund that isn't in our books, a notice that
 * we don't handle. No payment stays under review for it, and the same report changes nothing any more. Safe to call
 * twice.
 *
 * @throws {NotFoundError} when there is no such mismatch, or its money is its payment's: accept or refund it instead.
 */
export async function dismissMismatch(deps: Deps, { mismatchId, by }: { mismatchId: string; by?: By }): Promise<void> {
  const other = await deps.db.paymentMismatch.findFirst({ where: { id: mismatchId, NOT: ABOUT_A_PAYMENT } })
  if (other) {
    await deps.db.$transaction((tx) => resolveDismissed(tx, other, by))
    return
  }
  const { paymentSn } = await getDismissible(deps.db, mismatchId)
  await changePayment(deps, async (change) => {
    const { tx } = change
    const payment = await lockPayment(tx, paymentSn)
    // Checked again under the lock: until now the payment could be settled by this transaction.
    await resolveDismissed(tx, await getDismissible(tx, mismatchId), by)
    if (payment) await reviewPayment(change, payment, { dismissed: mismatchId, ...inDetail(by) })
  })
}

/** Of one that was dismissed before, the first decision holds. */
async function resolveDismissed(
  tx: Tx,
  { id, paymentSn, number }: Pick<PaymentMismatch, 'id' | 'paymentSn' | 'number'>,
  by: By | undefined,
): Promise<void> {
  const { count } = await tx.paymentMismatch.updateMany({
    where: { id, resolvedAt: null },
    data: { resolution: 'DISMISSED', resolvedAt: new Date(), ...decidedBy(by) },
  })
  if (count === 0 || !by) return
  await recordAct(tx, { by, action: 'review dismiss', number: paymentSn ?? number, detail: { mismatchId: id } })
}

async function getDismissible(db: Pick<Tx, 'paymentMismatch'>, mismatchId: string): Promise<MoneyMismatch> {
  const found = await findMoneyMismatch(db, mismatchId)
  if (!found || !isUnacceptable(found.mismatch, found.payment)) throw new NotFoundError(paymentTexts.mismatch)
  return found.mismatch
}
