import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Template } from '../config.ts'

/** `yyyy年m月d日`, as WeChat's date and time values want it. */
function chineseDay(day: Date): string {
  return `${day.getUTCFullYear()}年${day.getUTCMonth() + 1}月${day.getUTCDate()}日`
}

function yuan(fen: number): string {
  return `${(fen / 100).toFixed(2)}元`
}

/** The values of a message, in the order of its template's keys. */
export const messageValues: Record<MessageKind, (order: HomestayOrder, payment: Payment) => string[]> = {
  ORDER_PAID: (order, payment) => [
    order.tradeCode ?? order.sn,
    order.title,
    yuan(payment.payerTotal ?? payment.payTotal),
    chineseDay(order.liveStartDate),
    chineseDay(order.liveEndDate),
  ],
  CHECK_IN: (order) => [
    chineseDay(order.liveStartDate),
    chineseDay(order.liveEndDate),
    order.tradeCode ?? order.sn,
    order.title,
  ],
  REFUNDED: (order, payment) => [order.sn, order.title, yuan(payment.refundedTotal)],
}

/** The `data` of a subscribe message: the template's keys with the order's values. */
export function fillTemplate(
  template: Template,
  kind: MessageKind,
  order: HomestayOrder,
  payment: Payment,
): Record<string, string> {
  const values = messageValues[kind](order, payment)
  return Object.fromEntries(template.keys.map((key, index) => [key, values[index] ?? '']))
}
