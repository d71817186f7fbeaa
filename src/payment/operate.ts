import type { PaymentMisfit } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import { parseTransaction } from '../wechat/transaction.ts'
import { followPayment } from './follow.ts'
import { payableOf } from './payable.ts'
import { lockPayment } from './record.ts'
import { settle } from './settle.ts'
import { takeAllWaitingRefunds, takeWaitingRefunds } from './waiting-refunds.ts'

/**
 * How a dispute ended: as an operator decided, or SETTLED by a later word of WeChat's that fits. The first decision
 * stays; who decides otherwise later is told what it was.
 */
export type Resolution = 'ACCEPTED' | 'REFUNDED' | 'SETTLED'

/**
 * An operator's acceptance of a disputed success: it is settled as it is, through the same door as any other, and its
 * order follows. Safe to call twice.
 *
 * @throws {NotFoundError} when there is no such misfit, or it is about another thing than a payment of ours.
 */
export async function acceptDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<Resolution> {
  const misfit = await getMisfit(deps, misfitId)
  const decided = await decide(deps, misfit, 'ACCEPTED')
  if (decided === 'ACCEPTED') await carryOut(deps, misfit)
  return decided
}

/**
 * An operator's refusal of a disputed success: the order is cancelled, so that the money finds no order and all of
 * WeChat's `amount.total` goes back by the rule for money that no order keeps. Safe to call twice.
 *
 * @throws {NotFoundError} as {@link acceptDisputed}.
 */
export async function refundDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<Resolution> {
  const misfit = await getMisfit(deps, misfitId)
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: misfit.paymentSn } })
  const payable = payableOf(deps, serviceType)
  const decided = await deps.db.$transaction(async (tx) => {
    const order = await payable.lock(tx, orderSn)
    const payment = await lockPayment(tx, misfit.paymentSn)
    const first = await decide({ db: tx }, misfit, payment?.paidAt ? 'SETTLED' : 'REFUNDED')
    if (first === 'REFUNDED' && !payment?.paidAt && order?.waitsForPayment) await payable.cancel(tx, orderSn)
    return first
  })
  if (decided === 'REFUNDED') await carryOut(deps, misfit)
  return decided
}

/**
 * Carries out what was decided by a process that died over it, and takes over the refunds that waited for the end of a
 * dispute. A decision that can't be carried out rings, and is tried again by the next run.
 *
 * @returns false: what is left can only be tried again later.
 */
export async function finishDecisions(deps: Deps): Promise<boolean> {
  const decided = await deps.db.paymentMisfit.findMany({
    where: {
      resolution: { in: ['ACCEPTED', 'REFUNDED'] satisfies Resolution[] },
      resolvedAt: null,
      NOT: { kind: { startsWith: 'REFUND_' } },
    },
    select: { id: true },
  })
  for (const { id: misfitId } of decided) {
    try {
      await carryOut(deps, await getMisfit(deps, misfitId))
    } catch (error) {
      deps.log.error({ err: error, alarm: 'misfit', misfitId }, 'a decision about disputed money is not carried out')
    }
  }
  await takeAllWaitingRefunds(deps)
  return false
}

type PaymentOwnMisfit = PaymentMisfit & { paymentSn: string }

async function getMisfit(deps: Deps, id: string): Promise<PaymentOwnMisfit> {
  const misfit = await deps.db.paymentMisfit.findUnique({ where: { id } })
  // A second transaction for one number, or one that pays another payment, can't be this payment's money.
  const foreign = misfit?.kind === 'OTHER_TRANSACTION' || misfit?.kind === 'TRANSACTION_TAKEN'
  if (!misfit?.paymentSn || foreign || misfit.kind.startsWith('REFUND_')) throw new NotFoundError('disputed payment')
  return { ...misfit, paymentSn: misfit.paymentSn }
}

/** Records the decision unless one was made before; @returns the one that holds. */
async function decide(
  { db }: { db: Pick<Deps['db'], 'paymentMisfit'> },
  { id }: PaymentMisfit,
  resolution: Resolution,
): Promise<Resolution> {
  const resolvedAt = resolution === 'SETTLED' ? new Date() : null
  await db.paymentMisfit.updateMany({ where: { id, resolution: null }, data: { resolution, resolvedAt } })
  const decided = await db.paymentMisfit.findUniqueOrThrow({ where: { id } })
  return decided.resolution as Resolution
}

/** Settles the money and lets its order follow; what was told of its refunds meanwhile is taken first. */
async function carryOut(deps: Deps, misfit: PaymentOwnMisfit): Promise<void> {
  const transaction = parseTransaction(misfit.content as Record<string, unknown>)
  await settle(deps, { transaction, source: 'OPERATOR' }, { accept: true })
  await takeWaitingRefunds(deps, misfit.paymentSn)
  await followPayment(deps, misfit.paymentSn)
  await resolve(deps, misfit)
}

async function resolve(deps: Deps, { id }: PaymentMisfit): Promise<void> {
  await deps.db.paymentMisfit.updateMany({ where: { id, resolvedAt: null }, data: { resolvedAt: new Date() } })
}
