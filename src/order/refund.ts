import type { Deps } from '../deps.ts'
import { InvalidInputError, NotFoundError } from '../errors.ts'
import { isUnderReview } from '../payment/attempt/find.ts'
import { changePayment } from '../payment/change-payment.ts'
import { lockPayment } from '../payment/record.ts'
import { openRefund } from '../payment/refund/open.ts'
import { OrderNotRefundableError } from './errors.ts'
import { lockOrder, moveOrder } from './record.ts'
import { whyTooLate } from './refund-deadline.ts'
import { fieldTexts, orderTexts } from './texts.ts'

const MAX_REASON = 200

/**
 * Opens the guest's full refund: the order becomes REFUNDING, and the refund is stored with its number and body, in one
 * commit. The refund loop requests it at WeChat. Safe to call again while the order is REFUNDING or REFUNDED.
 *
 * @param input.reason shown in WeChat, shortened to 80 bytes.
 * @throws {InvalidInputError} when the reason is longer than 200 characters.
 * @throws {NotFoundError} when the order doesn't exist or is somebody else's.
 * @throws {OrderNotRefundableError} when it isn't paid and unused, its first day has begun, WeChat's year is about to be over, its
 *   payment is under review or on hold, or all of its money is being refunded already.
 */
export async function refundHomestayOrder(
  deps: Deps,
  { userId, sn, reason }: { userId: string; sn: string; reason?: string | null },
): Promise<void> {
  if (reason && (Array.from(reason).length > MAX_REASON || reason.includes('\u0000'))) {
    throw new InvalidInputError([{ path: 'reason', text: fieldTexts.reason(MAX_REASON) }])
  }
  await changePayment(deps, async (change) => {
    const { tx } = change
    const order = await lockOrder(tx, sn)
    if (order?.userId !== userId) throw new NotFoundError(orderTexts.order)
    if (order.tradeState === 'REFUNDING' || order.tradeState === 'REFUNDED') return
    if (order.tradeState !== 'WAIT_USE' || !order.paidBySn) {
      const underReview = await isUnderReview(tx, { serviceType: 'HOMESTAY_ORDER', orderSn: sn })
      throw new OrderNotRefundableError(order.tradeState, underReview ? 'underReview' : 'state')
    }
    const payment = await lockPayment(tx, order.paidBySn)
    if (payment?.underReviewAt) throw new OrderNotRefundableError(order.tradeState, 'underReview')
    const late = await whyTooLate(tx, order, payment)
    if (late) throw new OrderNotRefundableError(order.tradeState, late === 'begun' ? 'begun' : 'yearOver')
    if (!payment || payment.heldAt) throw new OrderNotRefundableError(order.tradeState, 'onHold')
    const opened = await openRefund(deps, change, { payment, cause: 'GUEST', reason: reason?.trim() || '用户申请退款' })
    if (!opened) throw new OrderNotRefundableError(order.tradeState, 'beingRefunded')
    await moveOrder(tx, order, 'REFUNDING')
  })
}
