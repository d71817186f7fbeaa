import type { Payment, PaymentEvent, Refund } from '../../prisma/client/client.ts'
import { statusOf } from '../../src/payment/state.ts'
import { GUEST_REASON, type Lane, type Life } from './system.ts'
import { attemptsOf } from './ledger.ts'
import { type Money, mayEndAs } from './reference.ts'
import type { Who } from './steps.ts'

/** Everything in our books, and in WeChat's, that breaks the rule once all is at rest. */
export async function judge(lane: Lane, life: Life): Promise<string[]> {
  const { db } = lane.app.deps
  const payments = await db.payment.findMany({
    where: { sn: { in: await attemptsOf(lane, life) } },
    include: { events: { orderBy: { version: 'asc' } }, refunds: true },
  })
  const wrong = payments.flatMap((payment) => [...judgeSnapshot(lane, payment), ...judgeEvents(payment)])
  for (const who of ['guest', 'rival'] as const) {
    const sn = life.orders[who]
    if (sn) wrong.push(...(await judgeOrder(lane, life, { who, sn })))
  }
  return wrong
}

async function judgeOrder(lane: Lane, life: Life, { who, sn }: { who: Who; sn: string }): Promise<string[]> {
  const { db } = lane.app.deps
  const order = await db.homestayOrder.findUniqueOrThrow({ where: { sn } })
  const money = moneyOf(lane, await attemptsOf(lane, life, who))
  const expected = mayEndAs(money, life.told[who])
  const wrong: string[] = []
  if (!expected.includes(order.tradeState)) {
    wrong.push(`the ${who}’s order is ${order.tradeState}, expected ${expected.join(' or ') || 'nothing like this'}`)
  }
  const keptBy = money.find(({ totalFen, refundedFen }) => refundedFen < totalFen)?.outTradeNo
  if (keptBy && order.paidBySn !== keptBy) wrong.push(`the money of ${keptBy} pays no order and went nowhere`)
  const messages = await db.message.findMany({ where: { orderSn: sn } })
  const owed = new Set(messages.map(({ kind, paymentSn }) => `${kind} ${paymentSn}`))
  for (const { outTradeNo, totalFen, refundedFen } of money) {
    const kind = refundedFen === totalFen ? 'REFUNDED' : 'ORDER_PAID'
    // A refund by hand may have held it until the stay was over: then there was no code to tell of.
    const mayBeHeld = kind === 'ORDER_PAID' && refundedFen > 0 && order.tradeState === 'EXPIRED'
    if (!mayBeHeld && !owed.has(`${kind} ${outTradeNo}`))
      wrong.push(`nobody told the ${who} that ${outTradeNo} is ${kind}`)
  }
  return wrong
}

/** The parameters of a refund that was asked for by the API. */
type Asked = { reason?: string } | undefined

export function moneyOf({ app }: Lane, attempts: string[]): Money[] {
  const { orders, refunds } = app.sandbox.ledger
  return attempts.flatMap((outTradeNo) => {
    const order = orders.get(outTradeNo)
    if (!order?.payment) return []
    const back = order.outRefundNos.map((no) => refunds.get(no)).filter((refund) => refund?.status === 'SUCCESS')
    const refundedFen = back.reduce((sum, refund) => sum + (refund?.refundFen ?? 0), 0)
    const isGivenBack = back.some((refund) => (refund?.firstRequest as Asked)?.reason === GUEST_REASON)
    return [{ outTradeNo, totalFen: order.totalFen, refundedFen, isGivenBack }]
  })
}

/** Our books equal WeChat's, and nothing can still be paid. */
function judgeSnapshot(lane: Lane, payment: Payment & { refunds: Refund[] }): string[] {
  const { orders, refunds } = lane.app.sandbox.ledger
  const { sn } = payment
  const atWechat = orders.get(sn)
  const [money] = moneyOf(lane, [sn])
  const wrong: string[] = []
  if (payment.transactionId !== (atWechat?.payment?.transactionId ?? null)) wrong.push(`${sn}: another transaction`)
  if (payment.refundedTotal !== (money?.refundedFen ?? 0)) wrong.push(`${sn}: ${payment.refundedTotal} fen back`)
  if (!money && atWechat && atWechat.state !== 'CLOSED') wrong.push(`${sn} can still be paid`)
  if (payment.heldAt || payment.underReviewAt) wrong.push(`${sn} waits for a person`)
  const liveRefunds = payment.refunds.filter(({ endedAt }) => endedAt === null).length
  const status = statusOf({ ...payment, liveRefunds })
  if (payment.status !== status) wrong.push(`${sn} is ${payment.status}, its facts say ${status}`)
  for (const outRefundNo of atWechat?.outRefundNos ?? []) {
    const ours = payment.refunds.find((refund) => refund.outRefundNo === outRefundNo)?.status
    const theirs = refunds.get(outRefundNo)?.status
    if (ours !== theirs) wrong.push(`refund ${outRefundNo} is ${ours} here and ${theirs} at WeChat`)
  }
  return wrong
}

/** Versions are counted without a gap, and the events tell one story. */
function judgeEvents({ sn, version, status, events }: Payment & { events: PaymentEvent[] }): string[] {
  const versions = events.map((event) => event.version).join()
  const counted = Array.from({ length: version }, (_, index) => index + 1).join()
  const chained = events.every((event, index) => event.fromStatus === (events[index - 1]?.toStatus ?? null))
  const told = events.at(-1)?.toStatus === status
  return versions === counted && chained && told ? [] : [`${sn}: its events don’t tell how it became ${status}`]
}
