import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import { MessageKind, type OrderTradeState } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import type { Tx } from '../infra/database.ts'
import { describeMessages, type EnqueuedMessage, type OrderMessage } from '../notification/order-messages.ts'
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

/** Where each kind of message about the order stands, for its guest. */
export function messagesOf(
  deps: Pick<Deps, 'config'>,
  { tradeState }: Pick<HomestayOrder, 'tradeState'>,
  enqueued: EnqueuedMessage[],
): OrderMessage[] {
  const kinds = Object.values(MessageKind)
  return kinds.map((kind) => describeMessages(deps, kind, { enqueued, isOfUse: isOfUse(kind, tradeState) }))
}

/** A host who goes by the guest's message must not be shown a code for money that went back. */
const OVER: readonly OrderTradeState[] = ['CANCELLED', 'REFUNDED', 'EXPIRED']

/** Whether a message may still be sent about an order in this state, now or later. */
function isOfUse(kind: MessageKind, tradeState: OrderTradeState): boolean {
  return kind === 'REFUNDED' || !OVER.includes(tradeState)
}

function judge(order: Order, { kind, payment }: DueMessage): MessageVerdict {
  const { tradeState } = order
  const send: MessageVerdict = { verdict: 'SEND', values: messageValues[kind](order, payment) }
  if (kind === 'REFUNDED' || tradeState === 'USED') return send
  if (!isOfUse(kind, tradeState) || tradeState === 'WAIT_PAY')
    return { verdict: 'DROP', reason: `the order is ${tradeState}` }
  // Its money may be about to go back.
  if (tradeState === 'REFUNDING') return { verdict: 'WAIT' }
  return payment.heldAt || payment.status === 'REFUNDING' ? { verdict: 'WAIT' } : send
}
