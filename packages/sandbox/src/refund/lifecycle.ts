import type { Fault } from '../control/fault.ts'
import { PayError } from '../http/pay-error.ts'
import { refundNotice } from '../notice/build.ts'
import { scheduleNotice } from '../notice/deliver.ts'
import { newRefundId, randomDigits } from '../numbers.ts'
import type { Order, Refund, RefundEnd } from '../store/ledger.ts'
import type { World } from '../world.ts'

export interface NewRefund {
  outRefundNo: string
  refundFen: number
  notifyUrl?: string
  firstRequest?: unknown
  /** How it ends; null keeps it PROCESSING. */
  end: RefundEnd | null
}

/**
 * Opens a refund of a paid order, PROCESSING until `refundDelayMs` have passed.
 *
 * @throws {PayError} INVALID_REQUEST when the order is unpaid, or its refunds would exceed what was paid.
 */
export function openRefund(world: World, order: Order, { end, ...fields }: NewRefund): Refund {
  const { payment } = order
  if (!payment) throw new PayError('INVALID_REQUEST', '订单未支付', undefined, 'The order isn’t paid')
  const earlier = refundsOf(world, order).filter((refund) => refund.status !== 'CLOSED')
  const leftFen = order.totalFen - sum(earlier.map((refund) => refund.refundFen))
  if (fields.refundFen > leftFen || leftFen === 0)
    throw new PayError(
      'INVALID_REQUEST',
      '申请退款金额大于订单可退金额',
      undefined,
      `${leftFen} fen of the order are left to refund`,
    )

  const now = world.now()
  const payerTotalFen = order.totalFen - payment.couponFen
  const refund: Refund = {
    refundId: newRefundId(now),
    ...fields,
    outTradeNo: order.outTradeNo,
    transactionId: payment.transactionId,
    totalFen: order.totalFen,
    payerTotalFen,
    payerRefundFen: payerShare({ order, payerTotalFen, leftFen, earlier }, fields.refundFen),
    status: 'PROCESSING',
    createdAt: now,
    ...endAfterDelay(world, end),
  }
  const outRefundNos = [...order.outRefundNos, refund.outRefundNo]
  world.ledger.commit(['refunds', refund], ['orders', { ...order, state: 'REFUND', outRefundNos }])
  scheduleEnd(world, refund)
  return refund
}

/**
 * A manual refund, as an operator makes it on the merchant platform: without the API, under a number of WeChat's. It
 * returns all that is left unless `refundFen` says less.
 *
 * @throws {PayError} ORDER_NOT_EXIST, and what {@link openRefund} throws.
 */
export function refundManually(
  world: World,
  { outTradeNo, refundFen, end = 'SUCCESS' }: { outTradeNo: string; refundFen?: number; end?: RefundEnd },
): Refund {
  const order = world.ledger.orders.get(outTradeNo)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  const refunded = refundsOf(world, order).filter((refund) => refund.status !== 'CLOSED')
  const leftFen = order.totalFen - sum(refunded.map((refund) => refund.refundFen))
  return openRefund(world, order, { outRefundNo: randomDigits(28), refundFen: refundFen ?? leftFen, end })
}

/**
 * Ends a refund now, with this status, and sends the notice.
 *
 * @throws {PayError} RESOURCE_NOT_EXISTS, or INVALID_REQUEST when it has ended already.
 */
export function endRefund(world: World, outRefundNo: string, status: RefundEnd): Refund {
  const refund = world.ledger.refunds.get(outRefundNo)
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS')
  if (refund.status !== 'PROCESSING') throw new PayError('INVALID_REQUEST', `The refund is ${refund.status} already`)
  const ended: Refund = { ...refund, status, ...(status === 'SUCCESS' ? { succeededAt: world.now() } : {}) }
  delete ended.end
  const notice = refundNotice(world, ended, status)
  world.ledger.commit(['refunds', ended], ['notices', notice])
  scheduleNotice(world, notice)
  return ended
}

/**
 * Sends the money of an ABNORMAL refund again, to another account.
 *
 * @throws {PayError} INVALID_REQUEST when the refund isn't ABNORMAL.
 */
export function retryRefund(world: World, refund: Refund, end: RefundEnd | null): Refund {
  if (refund.status !== 'ABNORMAL')
    throw new PayError(
      'INVALID_REQUEST',
      '退款单状态不是退款异常',
      undefined,
      `The refund is ${refund.status}, and not ABNORMAL`,
    )
  const retried: Refund = { ...refund, status: 'PROCESSING', ...endAfterDelay(world, end) }
  world.ledger.commit(['refunds', retried])
  scheduleEnd(world, retried)
  return retried
}

/** Ends a refund when its time comes, unless it has ended by then. */
export function scheduleEnd(world: World, refund: Refund): void {
  const { end, outRefundNo } = refund
  if (!end) return
  world.timers.after(Math.max(0, end.at - world.now()), () => {
    const current = world.ledger.refunds.get(outRefundNo)
    if (current?.status === 'PROCESSING' && current.end?.at === end.at) endRefund(world, outRefundNo, end.status)
  })
}

/** How a refund ends under this fault: null for never, SUCCESS without a fault. */
export function endUnder(fault: Fault | undefined): RefundEnd | null {
  if (fault?.kind === 'ends-never') return null
  if (fault?.kind === 'ends-abnormal') return 'ABNORMAL'
  return fault?.kind === 'ends-closed' ? 'CLOSED' : 'SUCCESS'
}

/** An order's refunds, manual ones too, oldest first. */
export function refundsOf(world: World, order: Order): Refund[] {
  return order.outRefundNos.flatMap((outRefundNo) => world.ledger.refunds.get(outRefundNo) ?? [])
}

function endAfterDelay(world: World, status: RefundEnd | null): Pick<Refund, 'end'> {
  return status === null ? {} : { end: { status, at: world.now() + world.settings.refundDelayMs } }
}

/** The buyer's share of a refund where a coupon paid a part: rounded, and in the last refund whatever is left. */
function payerShare(
  paid: { order: Order; payerTotalFen: number; leftFen: number; earlier: Refund[] },
  refundFen: number,
): number {
  const payerLeftFen = paid.payerTotalFen - sum(paid.earlier.map((refund) => refund.payerRefundFen))
  if (refundFen === paid.leftFen) return payerLeftFen
  return Math.min(payerLeftFen, Math.round((refundFen * paid.payerTotalFen) / paid.order.totalFen))
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
