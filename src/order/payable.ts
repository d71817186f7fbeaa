import type { HomestayOrder } from '../../prisma/client/client.ts'
import type { Queue } from '../infra/queue.ts'
import { enqueueMessages } from '../notification/enqueue.ts'
import type { LockedOrder, Payable } from '../payment/payable.ts'
import { applyCommonPayments } from './apply-common-payments.ts'
import { applyPayment } from './apply-payment.ts'
import { judgeOrderMessages, refundedMessages } from './messages.ts'
import { lockOrder, moveOrder } from './record.ts'

/** Homestay orders, as something that can be paid. */
export function homestayOrderPayable(queue: Queue): Payable {
  return {
    lock: async (tx, orderSn) => {
      const order = await lockOrder(tx, orderSn)
      if (!order) return null
      const [clock] = await tx.$queryRaw<
        [{ inTime: boolean }]
      >`SELECT clock_timestamp() < ${order.payBefore} AS "inTime"`
      return asLocked(order, clock.inTime)
    },
    apply: (tx, payment) => applyPayment(queue, tx, payment),
    applyMany: (tx, batch) => applyCommonPayments(queue, tx, batch),
    cancel: async (tx, orderSn) => {
      const order = await lockOrder(tx, orderSn)
      if (order) await moveOrder(tx, order, 'CANCELLED', { nextCloseAt: null })
    },
    announceRefund: (tx, payment) => enqueueMessages(queue, tx, [payment], refundedMessages),
    judgeMessages: judgeOrderMessages,
  }
}

function asLocked(order: HomestayOrder, inTime: boolean): LockedOrder {
  const waitsForPayment = order.tradeState === 'WAIT_PAY'
  const { userId, tradeState, paidBySn, orderTotalPrice: totalFen, payBefore } = order
  const offer = waitsForPayment && inTime ? { totalFen, description: `民宿预订-${order.title}`, payBefore } : null
  return { userId, tradeState, paidBySn, waitsForPayment, offer }
}
