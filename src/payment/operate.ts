import type { PaymentMisfit } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import { parseTransaction } from '../wechat/transaction.ts'
import { followPayment } from './follow.ts'
import { payableOf } from './payable.ts'
import { settle } from './settle.ts'

/**
 * An operator's acceptance of a disputed success: it is settled as it is, through the same door as any other, and its
 * order follows. Safe to call twice.
 *
 * @throws {NotFoundError} when no such misfit waits, or it is about another thing than a payment of ours.
 */
export async function acceptDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<void> {
  const misfit = await getMisfit(deps, misfitId)
  await settleAndFollow(deps, misfit)
  await resolve(deps, misfit, 'ACCEPTED')
}

/**
 * An operator's refusal of a disputed success: the order is cancelled, so that the money finds no order and all of
 * WeChat's `amount.total` goes back by the rule for money that no order keeps. Safe to call twice.
 *
 * @throws {NotFoundError} as {@link acceptDisputed}.
 */
export async function refundDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<void> {
  const misfit = await getMisfit(deps, misfitId)
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: misfit.paymentSn } })
  const payable = payableOf(deps, serviceType)
  await deps.db.$transaction(async (tx) => {
    const order = await payable.lock(tx, orderSn)
    if (order?.waitsForPayment) await payable.cancel(tx, orderSn)
  })
  await settleAndFollow(deps, misfit)
  await resolve(deps, misfit, 'REFUNDED')
}

type PaymentOwnMisfit = PaymentMisfit & { paymentSn: string }

async function getMisfit(deps: Deps, id: string): Promise<PaymentOwnMisfit> {
  const misfit = await deps.db.paymentMisfit.findUnique({ where: { id } })
  // A second transaction for one number, or one that pays another payment, can't be this payment's money.
  const foreign = misfit?.kind === 'OTHER_TRANSACTION' || misfit?.kind === 'TRANSACTION_TAKEN'
  if (!misfit?.paymentSn || foreign || misfit.kind.startsWith('REFUND_')) throw new NotFoundError('disputed payment')
  return { ...misfit, paymentSn: misfit.paymentSn }
}

async function settleAndFollow(deps: Deps, misfit: PaymentOwnMisfit): Promise<void> {
  const transaction = parseTransaction(misfit.content as Record<string, unknown>)
  await settle(deps, { transaction, source: 'OPERATOR' }, { accept: true })
  await followPayment(deps, misfit.paymentSn)
}

async function resolve(deps: Deps, { id }: PaymentMisfit, resolution: string): Promise<void> {
  await deps.db.paymentMisfit.updateMany({
    where: { id, resolvedAt: null },
    data: { resolvedAt: new Date(), resolution },
  })
}
