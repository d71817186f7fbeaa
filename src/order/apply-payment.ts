import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import type { Tx } from '../infra/database.ts'
import { enqueueMessages } from '../notification/enqueue.ts'
import { hasGuestMoneyBack } from '../payment/refund/open.ts'
import { paidMessages, refundedMessages } from './messages.ts'
import { lockOrder, moveOrder } from './record.ts'
import { whyTooLate } from './refund-deadline.ts'
import { createTradeCode } from './trade-code.ts'

/**
 * Makes the order what its paid, locked payment says. Level-triggered: it compares what is with what should be, so a
 * second call, a late call or a call that skipped states does the rest and no more.
 *
 * @returns UNAPPLIED when the order is cancelled, missing, paid by another payment, or its guest still waits for a refund.
 */
export async function applyPayment(tx: Tx, payment: Payment): Promise<'APPLIED' | 'UNAPPLIED'> {
  let order = await lockOrder(tx, payment.orderSn)
  if (order?.tradeState === 'WAIT_PAY') {
    const tradeCode = await createTradeCode(tx)
    order = await moveOrder(tx, order, 'WAIT_USE', { paidBySn: payment.sn, tradeCode, nextCloseAt: null })
  }
  if (order?.paidBySn !== payment.sn) return 'UNAPPLIED'
  if (payment.status === 'REFUNDED') await becomeRefunded(tx, order, payment)
  else if (await needsRefund(tx, order, payment)) return 'UNAPPLIED'
  else await becomeUsable(tx, order, payment)
  return 'APPLIED'
}

async function becomeRefunded(tx: Tx, order: HomestayOrder, payment: Payment): Promise<void> {
  await moveOrder(tx, order, 'REFUNDED')
  await enqueueMessages(tx, [payment], refundedMessages)
}

/**
 * Whether the rest of a refund that the guest asked for is still to come: another refund was under way then; or WeChat has
 * closed it, and the guest, who was in time, can't ask again. After WeChat's year a stay that hasn't begun is usable again instead.
 */
async function needsRefund(tx: Tx, order: HomestayOrder, payment: Payment): Promise<boolean> {
  if (order.tradeState !== 'REFUNDING') return false
  if (await hasGuestMoneyBack(tx, payment)) return true
  const late = payment.status === 'SUCCESS' ? await whyTooLate(tx, order, payment) : null
  return late === 'begun' || late === 'yearAlmostOver'
}

async function becomeUsable(tx: Tx, order: HomestayOrder, payment: Payment): Promise<void> {
  // The guest's refund ended at WeChat without giving the money back.
  if (order.tradeState === 'REFUNDING' && payment.status === 'SUCCESS') order = await moveOrder(tx, order, 'WAIT_USE')
  // No messages while on hold. Enqueued in any paid state, since a hold can outlast the stay; delivery drops what is no
  // longer worth sending.
  if (order.tradeState !== 'REFUNDING' && !payment.heldAt) await enqueueMessages(tx, [payment], paidMessages)
}
