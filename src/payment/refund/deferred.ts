import type { PaymentMismatch } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { parseNotifiedRefund, parseRefund } from '../../wechat/transaction.ts'
import { recordRefund } from './record.ts'

/**
 * Records the deferred refunds of a payment: those that WeChat reported before the payment was settled, while it was
 * under review. Each is tried once; one that doesn't fit the settled payment either is left for a person.
 */
export async function recordDeferredRefunds(deps: Deps, { paymentSn }: { paymentSn: string }): Promise<void> {
  const { transactionId } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  if (transactionId === null) return
  const deferred = await deps.db.paymentMismatch.findMany({
    where: { paymentSn, transactionId, subject: 'REFUND', resolution: null },
    // The id decides between those of one instant: recording them again, elsewhere, leaves the same events.
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  for (const mismatch of deferred) await recordDeferredRefund(deps, mismatch)
}

async function recordDeferredRefund(deps: Deps, { id, content, source }: PaymentMismatch): Promise<void> {
  const raw = content as Record<string, unknown>
  const report = 'refund_status' in raw ? parseNotifiedRefund(raw) : parseRefund(raw)
  const isRecorded = (await recordRefund(deps, { report, source })) !== 'MISMATCH'
  await deps.db.paymentMismatch.updateMany({
    where: { id, resolution: null },
    data: isRecorded ? { resolution: 'ACCEPTED', resolvedAt: new Date() } : { resolution: 'REJECTED' },
  })
}
