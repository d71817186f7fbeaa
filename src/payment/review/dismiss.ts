import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import type { Transaction } from '../infra/database.ts'
import { queryRefund } from '../wechat/refund.ts'
import { type Applied, applyRefund } from './apply-refund.ts'
import { ABOUT_MONEY, findMoneyMisfit, isForeign, type MoneyMisfit, type Resolution, reviewDispute } from './misfit.ts'
import { lockPayment } from './record.ts'

/**
 * An operator's word that something which fits no payment is dealt with on the merchant platform: a transaction that
 * can't be its payment's, money of a number that nobody knows, a refund that doesn't fit, a notice of a strange kind. It
 * disputes no payment any longer, and the same word changes nothing. Safe to call twice.
 *
 * @throws {NotFoundError} when there is no such misfit, or its money is its payment's: accept or refund it instead.
 */
export async function dismissForeign(deps: Deps, { misfitId }: { misfitId: string }): Promise<void> {
  const dismissed = { resolution: 'DISMISSED' satisfies Resolution, resolvedAt: new Date() }
  if (await deps.db.paymentMisfit.findFirst({ where: { id: misfitId, NOT: ABOUT_MONEY } })) {
    await deps.db.paymentMisfit.updateMany({ where: { id: misfitId, resolvedAt: null }, data: dismissed })
    return
  }
  const { paymentSn } = await getForeign(deps.db, misfitId)
  const changed = await deps.db.$transaction(async (tx) => {
    const payment = await lockPayment(tx, paymentSn)
    // Again, under the lock: until now the money could become the payment's.
    await getForeign(tx, misfitId)
    await tx.paymentMisfit.update({ where: { id: misfitId }, data: dismissed })
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
