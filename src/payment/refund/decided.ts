import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import type { Tx } from '../../infra/database.ts'
import { type OrderKey, payableOf } from '../payable.ts'

/** An operator's decision to refund money under review. */
const DECIDED = { subject: 'MONEY', resolution: 'REFUNDED' } as const

/** True when an operator has decided to refund this payment's money, whoever has settled it since: no order takes it. */
export async function isRefundDecided(tx: Tx, { sn, transactionId }: Payment): Promise<boolean> {
  if (transactionId === null) return false
  return (await tx.paymentMismatch.count({ where: { ...DECIDED, paymentSn: sn, transactionId } })) > 0
}

/**
 * Cancels a locked order that waits for payment, if an operator has decided to refund money of it; but not while another
 * attempt has money that may pay it: paid and not applied yet, or under review. Safe to call whenever that may have ended.
 */
export async function cancelRefunded({ payables }: Pick<Deps, 'payables'>, tx: Tx, order: OrderKey): Promise<void> {
  const { serviceType, orderSn } = order
  const attempts = await tx.payment.findMany({
    where: { serviceType, orderSn },
    select: {
      transactionId: true,
      underReviewAt: true,
      paidAt: true,
      version: true,
      appliedVersion: true,
      mismatches: { where: DECIDED, select: { transactionId: true } },
    },
  })
  const isDecided = ({ transactionId, mismatches }: (typeof attempts)[number]) =>
    mismatches.some((decided) => transactionId === null || decided.transactionId === transactionId)
  const mayPay = ({ underReviewAt, paidAt, version, appliedVersion }: (typeof attempts)[number]) =>
    underReviewAt !== null || (paidAt !== null && version > appliedVersion)
  const others = attempts.filter((attempt) => !isDecided(attempt))
  if (others.length === attempts.length || others.some(mayPay)) return
  await payableOf({ payables }, serviceType).cancel(tx, orderSn)
}
