import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import { queryRefund } from '../wechat/refund.ts'
import { type Applied, applyRefund } from './apply-refund.ts'
import { payableOf } from './payable.ts'
import { lockPayment, recordChange } from './record.ts'

/** Misfits about money that can never be this payment's: another transaction paid it, or it pays another payment. */
const FOREIGN = ['OTHER_TRANSACTION', 'TRANSACTION_TAKEN']

/**
 * An operator's word that a transaction which can't be this payment's is dealt with on the merchant platform: the
 * payment is disputed no longer, and the same word doesn't dispute it again. Safe to call twice.
 *
 * @throws {NotFoundError} when there is no such misfit, or its money is this payment's: accept or refund it instead.
 */
export async function dismissForeign(deps: Deps, { misfitId }: { misfitId: string }): Promise<void> {
  const misfit = await deps.db.paymentMisfit.findUnique({ where: { id: misfitId } })
  const { paymentSn } = misfit ?? {}
  if (!misfit || !paymentSn || !FOREIGN.includes(misfit.kind)) throw new NotFoundError('foreign transaction')
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  const changed = await deps.db.$transaction(async (tx) => {
    await payableOf(deps, serviceType).lock(tx, orderSn)
    const payment = await lockPayment(tx, paymentSn)
    await tx.paymentMisfit.update({
      where: { id: misfitId },
      data: { resolution: 'DISMISSED', resolvedAt: new Date() },
    })
    const others = await tx.paymentMisfit.count({
      where: { paymentSn, resolution: null, NOT: [{ kind: { startsWith: 'REFUND_' } }, { kind: 'EVENT_TYPE' }] },
    })
    if (!payment?.disputedAt || others > 0) return null
    return recordChange(tx, payment, { disputedAt: null }, { source: 'OPERATOR', detail: { dismissed: misfitId } })
  })
  if (changed) deps.pubsub.publish({ sn: changed.sn, version: changed.version })
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
