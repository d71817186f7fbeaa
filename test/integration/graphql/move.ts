import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { newTransactionId } from '../../harness/reports.ts'

type Step = 'SUCCESS' | 'REFUNDED' | 'CLOSED'

/** Changes the payment's status as another process would, and publishes the hint through `pubsub`. */
export async function move({ db, pubsub }: Pick<Deps, 'db' | 'pubsub'>, payment: Payment, to: Step): Promise<void> {
  const { sn, payTotal } = payment
  const facts = {
    SUCCESS: { transactionId: newTransactionId(), paidTotal: payTotal, paidAt: new Date() },
    REFUNDED: {
      refundedTotal: payTotal,
      refunds: {
        create: {
          outRefundNo: `manual-${sn}`,
          cause: 'MANUAL',
          status: 'SUCCESS',
          refundTotal: payTotal,
          endedAt: new Date(),
        },
      },
    },
    CLOSED: { closedAt: new Date() },
  } as const
  const data = { ...facts[to], status: to, version: { increment: 1 } }
  const { version } = await db.payment.update({ where: { sn }, data })
  pubsub.publish({ sn, version })
}
