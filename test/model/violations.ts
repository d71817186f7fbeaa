import type { Payment, PaymentEvent, Refund } from '../../prisma/client/client.ts'
import { statusOf } from '../../src/payment/state.ts'
import { compareWithTrail } from '../harness/trail.ts'
import { attemptsOf } from './ledger.ts'
import { allowedStates, type PaidTransaction } from './reference.ts'
import type { Who } from './steps.ts'
import { GUEST_REASON, type Life, type System } from './system.ts'

/** Everything that breaks the rule in our database or WeChat's ledger, once no work is left. */
export async function findViolations(system: System, life: Life): Promise<string[]> {
  const { db } = system.app.deps
  const payments = await db.payment.findMany({
    where: { sn: { in: await attemptsOf(system, life) } },
    include: { events: { orderBy: { version: 'asc' } }, refunds: true },
  })
  const violations = payments.flatMap((payment) => [
    ...checkPayment(system, payment),
    ...checkEvents(payment),
    ...compareWithTrail(payment, payment.events),
  ])
  for (const who of ['guest', 'rival'] as const) {
    const sn = life.orders[who]
    if (sn) violations.push(...(await checkOrder(system, life, { who, sn })))
  }
  return violations
}

/** The payments of a life that aren't what their events alone say, in whatever state it is: between any two steps. */
export async function findTrailViolations(system: System, life: Life): Promise<string[]> {
  const payments = await system.app.deps.db.payment.findMany({
    where: { sn: { in: await attemptsOf(system, life) } },
    include: { events: { orderBy: { version: 'asc' } } },
  })
  return payments.flatMap((payment) => compareWithTrail(payment, payment.events))
}

async function checkOrder(system: System, life: Life, { who, sn }: { who: Who; sn: string }): Promise<string[]> {
  const { db } = system.app.deps
  const order = await db.homestayOrder.findUniqueOrThrow({ where: { sn } })
  const money = paidTransactionsOf(system, await attemptsOf(system, life, who))
  const expected = allowedStates(money, life.facts[who])
  const violations: string[] = []
  if (!expected.includes(order.tradeState)) {
    violations.push(
      `the ${who}’s order is ${order.tradeState}, expected ${expected.join(' or ') || 'no state with this money'}`,
    )
  }
  const unrefunded = money.find(({ totalFen, refundedFen }) => refundedFen < totalFen)?.outTradeNo
  if (unrefunded && order.paidBySn !== unrefunded)
    violations.push(`the money of ${unrefunded} is neither applied to an order nor refunded`)
  const messages = await db.message.findMany({ where: { orderSn: sn } })
  const enqueued = new Set(messages.map(({ kind, paymentSn }) => `${kind} ${paymentSn}`))
  for (const { outTradeNo, totalFen, refundedFen } of money) {
    const kind = refundedFen === totalFen ? 'REFUNDED' : 'ORDER_PAID'
    if (!enqueued.has(`${kind} ${outTradeNo}`))
      violations.push(`no ${kind} message was enqueued for the ${who}’s ${outTradeNo}`)
  }
  return violations
}

/** The parameters of a refund that was requested by the API; undefined for a manual one. */
type Requested = { reason?: string } | undefined

export function paidTransactionsOf({ app }: System, attempts: string[]): PaidTransaction[] {
  const { orders, refunds } = app.sandbox.ledger
  return attempts.flatMap((outTradeNo) => {
    const order = orders.get(outTradeNo)
    if (!order?.payment) return []
    const succeeded = order.outRefundNos.map((no) => refunds.get(no)).filter((refund) => refund?.status === 'SUCCESS')
    const refundedFen = succeeded.reduce((sum, refund) => sum + (refund?.refundFen ?? 0), 0)
    const isRefundedByGuest = succeeded.some((refund) => (refund?.firstRequest as Requested)?.reason === GUEST_REASON)
    return [{ outTradeNo, totalFen: order.totalFen, refundedFen, isRefundedByGuest }]
  })
}

/** Our rows equal WeChat's ledger, and an unpaid number is closed at WeChat. */
function checkPayment(system: System, payment: Payment & { refunds: Refund[] }): string[] {
  const { orders, refunds } = system.app.sandbox.ledger
  const { sn } = payment
  const atWechat = orders.get(sn)
  const [money] = paidTransactionsOf(system, [sn])
  const violations: string[] = []
  if (payment.transactionId !== (atWechat?.payment?.transactionId ?? null))
    violations.push(`${sn}: another transaction`)
  if (payment.refundedTotal !== (money?.refundedFen ?? 0))
    violations.push(`${sn}: refundedTotal is ${payment.refundedTotal}, at WeChat ${money?.refundedFen ?? 0}`)
  if (!money && atWechat && atWechat.state !== 'CLOSED') violations.push(`${sn} can still be paid`)
  if (payment.heldAt || payment.underReviewAt) violations.push(`${sn} is still on hold or under review`)
  const liveRefunds = payment.refunds.filter(({ endedAt }) => endedAt === null).length
  const status = statusOf({ ...payment, liveRefunds })
  if (payment.status !== status) violations.push(`${sn} is ${payment.status}, its facts say ${status}`)
  for (const outRefundNo of atWechat?.outRefundNos ?? []) {
    const ours = payment.refunds.find((refund) => refund.outRefundNo === outRefundNo)?.status
    const theirs = refunds.get(outRefundNo)?.status
    if (ours !== theirs) violations.push(`refund ${outRefundNo} is ${ours} here and ${theirs} at WeChat`)
  }
  return violations
}

/** The events have every version without a gap, and each starts at the status where the last one ended. */
function checkEvents({ sn, version, status, events }: Payment & { events: PaymentEvent[] }): string[] {
  const versions = events.map((event) => event.version).join()
  const counted = Array.from({ length: version }, (_, index) => index + 1).join()
  const chained = events.every((event, index) => event.fromStatus === (events[index - 1]?.toStatus ?? null))
  const endsAtStatus = events.at(-1)?.toStatus === status
  return versions === counted && chained && endsAtStatus ? [] : [`${sn}: its events don’t lead to ${status}`]
}
