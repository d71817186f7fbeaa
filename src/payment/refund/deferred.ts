import type { PaymentMisfit } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { parseNotifiedRefund, parseRefund } from '../wechat/transaction.ts'
import { applyRefund } from './apply-refund.ts'

/**
 * Takes over the refunds made by hand that were told while their payment was disputed, and not paid yet. Each is tried
 * once: one that doesn't fit the paid payment either is left for a person.
 */
export async function takeWaitingRefunds(deps: Deps, paymentSn: string): Promise<void> {
  const { transactionId } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  if (transactionId === null) return
  const waiting = await deps.db.paymentMisfit.findMany({
    where: { paymentSn, transactionId, kind: { startsWith: 'REFUND_' }, resolution: null },
    orderBy: { createdAt: 'asc' },
  })
  for (const misfit of waiting) await takeWaitingRefund(deps, misfit)
}

async function takeWaitingRefund(deps: Deps, { id, content, source }: PaymentMisfit): Promise<void> {
  const raw = content as Record<string, unknown>
  const told = 'refund_status' in raw ? parseNotifiedRefund(raw) : parseRefund(raw)
  const isTaken = (await applyRefund(deps, told, source)) !== 'MISFIT'
  await deps.db.paymentMisfit.updateMany({
    where: { id, resolution: null },
    data: isTaken ? { resolution: 'ACCEPTED', resolvedAt: new Date() } : { resolution: 'MISFIT' },
  })
}
