import type { Store } from '../../kit/store.ts'
import type { Api } from '../api/api.ts'
import type { Order, OrderMessage, Payment } from '../api/types.ts'
import type { Message } from '../wechat/ledger.ts'
import { openMessageReads } from './message-states.ts'
import type { GuestState } from './state.ts'

/** Shows an order as it is now, wherever it is shown. */
export function keepOrder({ state, change }: Store<GuestState>, order: Order): void {
  const others = state.orders.filter(({ sn }) => sn !== order.sn)
  const { sheet } = state
  // Paid on another device, for example: WeChat's sheet has nothing left to do.
  const isOver = sheet?.orderSn === order.sn && !sheet.isPaid && order.tradeState !== 'WAIT_PAY'
  change({
    orders: [order, ...others],
    ...(state.order?.sn === order.sn ? { order } : {}),
    ...(isOver ? { sheet: undefined } : {}),
  })
}

function keepMessages(store: Store<GuestState>, sn: string, messages: OrderMessage[]): void {
  const order = store.state.orders.find((known) => known.sn === sn)
  if (order) keepOrder(store, { ...order, messages })
}

/** The order that a message is about: it tells its number, or its entry code. */
export function orderOfMessage({ orders }: Pick<GuestState, 'orders'>, { data, page }: Message): string | undefined {
  const said = JSON.stringify({ data, page })
  return orders.find(({ sn, tradeCode }) => said.includes(sn) || (tradeCode !== null && said.includes(tradeCode)))?.sn
}

/** Reads an order until `isDone` accepts it, or gives up; any is accepted by default. */
export type LoadOrder = (sn: string | undefined, isDone?: (order: Order) => boolean) => Promise<void>

export interface OrderReads {
  load: LoadOrder
  /** Shows where the messages of an order stand now, and what becomes of those that are on their way. */
  keepMessages: (sn: string, messages: OrderMessage[]) => void
}

/** One read at a time, so that the last answer is the newest. */
export function openOrderReads(api: Api, store: Store<GuestState>, fail: (error: unknown) => void): OrderReads {
  let reading: Promise<unknown> = Promise.resolve()
  const readMessages = openMessageReads(api, (sn, messages) => keepMessages(store, sn, messages))
  const followMessages = (sn: string) => {
    const order = store.state.orders.find((known) => known.sn === sn)
    if (order) void readMessages(order).catch(fail)
  }
  return {
    keepMessages(sn, messages) {
      keepMessages(store, sn, messages)
      followMessages(sn)
    },
    load(sn, isDone = () => true) {
      const read = async () => {
        if (sn === undefined) return
        const order = await api.poll('homestayOrder', { sn }, (read) => read !== null && isDone(read), sn)
        if (!order) return
        keepOrder(store, order)
        followMessages(order.sn)
      }
      const done = reading.then(read)
      reading = done.catch(() => {})
      return done
    },
  }
}

/** Whether the order's state already reflects its payment. */
export function isApplied({ tradeState }: Order, { status }: Payment): boolean {
  if (status === 'SUCCESS') return tradeState !== 'WAIT_PAY'
  if (status === 'REFUNDED') return ['REFUNDED', 'CANCELLED'].includes(tradeState)
  return true
}
