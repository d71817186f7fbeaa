import type { MessageKind } from '../../../prisma/client/enums.ts'
import { groupBy, type Indexed, type Violation } from './indexed.ts'

/** A message that is due, and whose try has just begun. */
const IN_HAND_MS = 30_000

/** Each guest hears what became of their money: every message at least once, and so often at most. */
export function checkMessages(indexed: Indexed, most: number): Violation[] {
  return [...checkSent(indexed, most), ...checkEnqueued(indexed), ...checkPending(indexed)]
}

function checkSent({ evidence }: Indexed, most: number): Violation[] {
  const { wechat, messages } = evidence
  const received = groupBy(wechat.messages, ({ openid, templateId }) => `${openid} ${templateId}`)
  const enqueued = groupBy(messages, ({ openid, kind }) => `${openid} ${wechat.templates[kind]}`)
  const violations: Violation[] = []
  for (const [key, rows] of enqueued) {
    const count = received.get(key)?.length ?? 0
    const sent = rows.filter(({ status }) => status === 'SENT').length
    const [first] = rows
    const say = (text: string) =>
      violations.push({
        rule: 'messages',
        text: `${first?.kind} to ${first?.openid}: ${text}`,
        paymentSn: first?.paymentSn,
      })
    if (count < sent) say(`${sent} sent here, ${count} received`)
    if (count > rows.length * most) say(`received ${count} times`)
  }
  for (const key of received.keys()) {
    if (!enqueued.has(key)) violations.push({ rule: 'messages', text: `${key}: received, and never enqueued` })
  }
  return violations
}

/** Money that pays an order is told so, and money that went back too. */
function checkEnqueued({ evidence, paymentOf, refundedFenOf }: Indexed): Violation[] {
  const has = new Set(evidence.messages.map(({ paymentSn, kind }) => `${kind} ${paymentSn}`))
  return evidence.wechat.orders.flatMap(({ outTradeNo, totalFen, payment }) => {
    if (!payment || paymentOf.get(outTradeNo)?.transactionId !== payment.transactionId) return []
    const kind: MessageKind = refundedFenOf(outTradeNo) >= totalFen ? 'REFUNDED' : 'ORDER_PAID'
    if (has.has(`${kind} ${outTradeNo}`)) return []
    return [{ rule: 'messages', text: `${outTradeNo}: no ${kind} was enqueued`, paymentSn: outTradeNo }]
  })
}

function checkPending({ evidence }: Indexed): Violation[] {
  return evidence.messages.flatMap(({ paymentSn, kind, status, nextTryAt }) => {
    const isOverdue = status === 'PENDING' && (nextTryAt?.getTime() ?? 0) < evidence.settledAt - IN_HAND_MS
    return isOverdue ? [{ rule: 'messages', text: `${paymentSn}: its ${kind} is due, and isn't sent`, paymentSn }] : []
  })
}
