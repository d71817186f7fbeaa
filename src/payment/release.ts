import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import type { Transaction } from '../infra/database.ts'
import { queryRefund } from '../wechat/refund.ts'
import { type Applied, applyRefund } from './apply-refund.ts'
import { findMoneyMisfit, isForeign, type MoneyMisfit, type Resolution, reviewDispute } from './misfit.ts'
import { lockPayment } from './record.ts'

/**
 * An operator's word that a transaction which can't be this payment's is dealt with on the merchant platform: the
 * payment is disputed no longer, and the same word doesn't dispute it again. Safe to call twice.
 *
 * @throws {NotFoundError} when there is no such misfit, or its money is this payment's: accept or refund it instead.
 */
export async function dismissForeign(deps: Deps, { misfitId }: { misfitId: string }): Promise<void> {
  const { paymentSn } = await getForeign(deps.db, misfitId)
  const changed = await deps.db.$transaction(async (tx) => {
    const payment = await lockPayment(tx, paymentSn)
    // Again, under the lock: until now the money could become the payment's.
    await getForeign(tx, misfitId)
    await tx.paymentMisfit.update({
      where: { id: misfitId },
      data: { resolution: 'DISMISSED' satisfies Resolution, resolvedAt: new Date() },
    })
    return payment && reviewDispute(tx, payment, { dismissed: misfitId })
  })
  if (changed) deps.pubsub.publish({ sn: changed.sn, version: changed.version })
}

async function getForeign(db: Pick<Transaction, 'paymentMisfit'>, misfitId: string): Promise<MoneyMisfit> {
  const found = await findMoneyMisfit(db, misfitId)
  if (!found || !isForeign(found.misfit, found.payment)) throw new NotFoundError('foreign transaction')
  return found.misfit
}

/**
 * Takes over a refund made by hand whose notice was lost, and ends the hold that waited for it. The operator reads its
 * number off the merchant platform; WeChat says the rest. Safe to call twice.
 *
 * @throws {WechatPayError} when WeChat knows no such refund, or gives no answer.
 */
export async function takeOverRefund(deps: Deps, { outRefundNo }: { outRefundNo: string }): Promise<Applied> {
  return applyRefund(deps, await queryRefund(deps.wechat, { outRefundNo }), 'OPERATOR')
}
