import type { Payment } from '../../../prisma/client/client.ts'
import type { RefundCause } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { databaseNow, type Tx } from '../../infra/database.ts'
import { createSn } from '../../infra/numbers.ts'
import { buildRefundBody } from '../../wechat/refund.ts'
import type { Change } from '../change-payment.ts'
import { recordChange } from '../record.ts'
import { paymentRemedies } from '../remedies.ts'
import { LIVE_REFUNDS } from '../state.ts'

/** From this attempt on an alert is raised: WeChat has closed the refund twice. */
const OPERATOR_FROM_ATTEMPT = 3

/**
 * Opens a refund of all that is left of a locked, paid payment. Its number and its exact body are stored before WeChat
 * is called, which the refund loop does, and never gives up. A refund that WeChat closed has returned nothing: the next
 * attempt gets a new number, and waits longer each time.
 *
 * @returns the payment as changed, or null when all of it is refunded or being refunded already.
 */
export async function openRefund(
  deps: Deps,
  change: Change,
  { payment, cause, reason }: { payment: Payment; cause: RefundCause; reason: string },
): Promise<Payment | null> {
  const { tx } = change
  if (payment.paidTotal === null || payment.transactionId === null) return null
  const live = await tx.refund.aggregate({
    where: { paymentSn: payment.sn, status: { in: LIVE_REFUNDS } },
    _sum: { refundTotal: true },
  })
  const leftFen = payment.paidTotal - payment.refundedTotal - (live._sum.refundTotal ?? 0)
  if (leftFen <= 0) return null

  const earlier = await tx.refund.count({ where: { paymentSn: payment.sn, cause: { not: 'MANUAL' } } })
  const attempt = earlier + 1
  const outRefundNo = createSn('RE')
  const body = buildRefundBody({
    transactionId: payment.transactionId,
    outRefundNo,
    reason,
    notifyUrl: payment.notifyUrl,
    refundFen: leftFen,
    totalFen: payment.paidTotal,
  })
  const openedAt = await databaseNow(tx)
  const storedReason = (JSON.parse(body) as { reason?: string }).reason ?? ''
  await tx.refund.create({
    data: {
      outRefundNo,
      paymentSn: payment.sn,
      cause,
      refundTotal: leftFen,
      reason: storedReason,
      body,
      attempt,
      nextAdvanceAt: new Date(openedAt.getTime() + reopeningPauseMs(attempt)),
    },
  })
  if (attempt >= OPERATOR_FROM_ATTEMPT)
    deps.log.error(
      { alarm: 'refund', outTradeNo: payment.sn, outRefundNo, attempt, remedy: paymentRemedies.refund },
      `refund closed by WeChat, attempt ${attempt} opened`,
    )
  const detail = { opened: outRefundNo, cause, refundTotal: leftFen }
  return recordChange(change, payment, {}, { source: 'REFUND', detail })
}

/**
 * True once a refund that the guest requested has succeeded. Whatever it left, because another refund was under way
 * then, is the guest's as well.
 */
export async function hasGuestMoneyBack(tx: Tx, { sn }: Payment): Promise<boolean> {
  return (await tx.refund.count({ where: { paymentSn: sn, cause: 'GUEST', status: 'SUCCESS' } })) > 0
}

/** 0 for the first attempt; then a minute, doubled each time, up to an hour: WeChat wants a minute between refunds. */
function reopeningPauseMs(attempt: number): number {
  return attempt === 1 ? 0 : Math.min(60_000 * 2 ** (attempt - 2), 3_600_000)
}
