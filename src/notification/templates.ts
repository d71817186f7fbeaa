import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Template } from '../config.ts'

/** From when a guest may come, and until when they leave; part of a value whose key asks for a time of day. */
const ARRIVAL_TIME = '14:00'
const LEAVING_TIME = '12:00'

/** A message's value, which may have to know the kind of value that the merchant's template asks for. */
type Value = string | ((key: string) => string)

/** A day as WeChat's `date` and `time` values want it: `2026年12月24日`, or with the time of day. */
function moment(day: Date, timeOfDay: string): Value {
  const text = `${day.getUTCFullYear()}年${day.getUTCMonth() + 1}月${day.getUTCDate()}日`
  return (key) => (key.startsWith('time') ? `${text} ${timeOfDay}` : text)
}

function yuan(fen: number): string {
  return `${(fen / 100).toFixed(2)}元`
}

const arrival = (order: HomestayOrder) => moment(order.liveStartDate, ARRIVAL_TIME)
const leaving = (order: HomestayOrder) => moment(order.liveEndDate, LEAVING_TIME)
const entryCode = (order: HomestayOrder) => order.tradeCode ?? order.sn

/** The values of a message, in the order of its template's keys. */
const messageValues: Record<MessageKind, (order: HomestayOrder, payment: Payment) => Value[]> = {
  ORDER_PAID: (order, payment) => [
    order.sn,
    order.title,
    yuan(payment.payerTotal ?? payment.payTotal),
    arrival(order),
    leaving(order),
  ],
  CHECK_IN: (order) => [arrival(order), leaving(order), entryCode(order), order.title],
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
  return Object.fromEntries(
    template.keys.map((key, index) => {
      const value = values[index] ?? ''
      return [key, typeof value === 'string' ? value : value(key)]
    }),
  )
}
