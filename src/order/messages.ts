import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import type { DueMessage, MessageValue, MessageVerdict } from '../payment/payable.ts'

/** What the guest of a paid order gets. */
export const paidMessages: MessageKind[] = ['ORDER_PAID', 'CHECK_IN']

/** What a guest gets whose money went back in whole, whether the order took it or not. */
export const refundedMessages: MessageKind[] = ['REFUNDED']

/** From when a guest may come, and until when they leave. */
const ARRIVAL_TIME = '14:00'
const LEAVING_TIME = '12:00'

/** What is read of an order for its messages. */
type Order = Pick<HomestayOrder, 'sn' | 'title' | 'tradeState' | 'tradeCode' | 'liveStartDate' | 'liveEndDate'>

const arrival = (order: Order) => ({ day: order.liveStartDate, timeOfDay: ARRIVAL_TIME })
const leaving = (order: Order) => ({ day: order.liveEndDate, timeOfDay: LEAVING_TIME })
const entryCode = (order: Order) => order.tradeCode ?? order.sn

/** The values of a message, in the order of its template's keys. */
const messageValues: Record<MessageKind, (order: Order, payment: Payment) => MessageValue[]> = {
  ORDER_PAID: (order, payment) => [
    order.sn,
    order.title,
    { totalFen: payment.payerTotal ?? payment.payTotal },
    arrival(order),
    leaving(order),
  ],
  CHECK_IN: (order) => [arrival(order), leaving(order), entryCode(order), order.title],
  REFUNDED: (order, payment) => [order.sn, order.title, { totalFen: payment.refundedTotal }],
}

/** What messages about homestay orders say by the orders as they are now, or why they aren't sent. */
export async function judgeOrderMessages(db: Tx, messages: DueMessage[]): Promise<MessageVerdict[]> {
  const orderSns = messages.map(({ payment }) => payment.orderSn)
  const orders = await db.$queryRaw<Order[]>`
    SELECT sn, title, "tradeState", "tradeCode", "liveStartDate", "liveEndDate"
    FROM homestay_order WHERE sn = ANY(${orderSns}::text[])`
  const orderOf = new Map(orders.map((order) => [order.sn, order]))
  return messages.map((message) => {
    const order = orderOf.get(message.payment.orderSn)
    if (!order) throw new Error(`order ${message.payment.orderSn} vanished`)
    return judge(order, message)
  })
}

function judge(order: Order, { kind, payment }: DueMessage): MessageVerdict {
  const { tradeState } = order
  const send: MessageVerdict = { verdict: 'SEND', values: messageValues[kind](order, payment) }
  if (kind === 'REFUNDED' || tradeState === 'USED') return send
  // A host who goes by the guest's message must not be shown a code for money that went back, or is about to.
  if (tradeState === 'REFUNDING') return { verdict: 'WAIT' }
  if (tradeState !== 'WAIT_USE') return { verdict: 'DROP', reason: `the order is ${tradeState}` }
  return payment.heldAt || payment.status === 'REFUNDING' ? { verdict: 'WAIT' } : send
}
