import { startOfShanghaiDay } from '../../../src/infra/shanghai.ts'
import { LIVE_REFUNDS } from '../../../src/payment/state.ts'
import type { Indexed, Violation } from './indexed.ts'

/** The close loop's grace, its pause after a failure, and a queue before it. */
const CLOSES_WITHIN_MS = 180_000
/** It is looked at once a minute. */
const EXPIRES_WITHIN_MS = 180_000

type Order = Indexed['evidence']['orders'][number]

/** Once all has settled, nothing is left to do: for us, for WeChat, or for an operator. */
export function checkFinality(indexed: Indexed): Violation[] {
  const { payments, orders, refunds, mismatches } = indexed.evidence
  return [
    ...payments.flatMap((payment) =>
      checkPayment(indexed, payment).map((text) => say(`${payment.sn}: ${text}`, payment.sn)),
    ),
    ...orders
      .filter((order) => order.tradeState === 'REFUNDING' || isOverdue(indexed, order) || isStayOver(indexed, order))
      .map(({ sn, tradeState, paidBySn }) => say(`${sn}: is still ${tradeState}`, paidBySn)),
    ...orders
      .filter((order) => isUnshipped(indexed, order))
      .map(({ sn, tradeState, paidBySn }) =>
        say(`${sn}: is ${tradeState}, and WeChat has no shipping info of it`, paidBySn),
      ),
    ...refunds
      .filter(({ status }) => LIVE_REFUNDS.includes(status))
      .map(({ outRefundNo, paymentSn, status }) => say(`refund ${outRefundNo}: is still ${status}`, paymentSn)),
    ...mismatches
      .filter(({ resolvedAt }) => resolvedAt === null)
      .map(({ number, kind, paymentSn }) => say(`mismatch ${kind} of ${number}: isn't resolved`, paymentSn)),
  ]
}

function say(text: string, paymentSn: string | null): Violation {
  return { rule: 'finality', text, ...(paymentSn === null ? {} : { paymentSn }) }
}

function isOverdue({ evidence }: Indexed, { tradeState, payBefore }: Order): boolean {
  return tradeState === 'WAIT_PAY' && payBefore.getTime() < evidence.settledAt - CLOSES_WITHIN_MS
}

function isStayOver({ evidence }: Indexed, { tradeState, liveEndDate }: Order): boolean {
  return tradeState === 'WAIT_USE' && startOfShanghaiDay(liveEndDate).getTime() < evidence.settledAt - EXPIRES_WITHIN_MS
}

/** WeChat keeps the money of a service that it doesn’t know to be rendered, or to have been there for nothing. */
function isUnshipped({ wechatOrderOf }: Indexed, { tradeState, paidBySn }: Order): boolean {
  return (
    (tradeState === 'USED' || tradeState === 'EXPIRED') && paidBySn !== null && !wechatOrderOf.get(paidBySn)?.shipments
  )
}

function checkPayment({ orderOf, wechatOrderOf }: Indexed, payment: Indexed['evidence']['payments'][number]): string[] {
  const { sn, orderSn, status, version, queuedVersion, appliedVersion, closedAt, lastQueriedAt } = payment
  const found: string[] = []
  const order = orderOf.get(orderSn)
  if (!order) found.push(`there is no order ${orderSn}`)
  if (status === 'PENDING' && order?.tradeState !== 'WAIT_PAY') found.push(`is PENDING, its order ${order?.tradeState}`)
  if (payment.underReviewAt) found.push('is still under review')
  if (payment.heldAt) found.push('is still on hold')
  if (appliedVersion < version) found.push(`version ${version} isn't applied (${queuedVersion} is queued)`)
  if (!closedAt || payment.paidTotal !== null) return found
  // A prepay that came late may have opened it again, until it is queried once more.
  if (!lastQueriedAt || lastQueriedAt <= closedAt) found.push('was never queried again after its close')
  if (wechatOrderOf.get(sn)?.state === 'NOTPAY') found.push('is closed here, and can be paid at WeChat')
  return found
}
