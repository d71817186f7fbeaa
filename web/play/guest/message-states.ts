import type { Api } from '../api/api.ts'
import type { Order, OrderMessage } from '../api/types.ts'

/** Whether a message is due for an order as it is, and WeChat has neither taken nor refused it yet. */
export function isOnItsWay({ tradeState, payment }: Order, { kind, status }: OrderMessage): boolean {
  if (status !== 'WAITING') return false
  if (kind === 'REFUNDED') return payment?.status === 'REFUNDED'
  return tradeState === 'WAIT_USE' || tradeState === 'USED'
}

/** Reads where the messages of an order stand until none is on its way, or gives up; one read of an order at a time. */
export function openMessageReads(api: Api, keep: (sn: string, messages: OrderMessage[]) => void) {
  const reading = new Set<string>()
  return async (order: Order) => {
    const { sn, messages } = order
    const isSettled = (each: OrderMessage[]) => !each.some((message) => isOnItsWay(order, message))
    if (reading.has(sn) || isSettled(messages)) return
    reading.add(sn)
    try {
      const read = await api.poll('orderMessages', { sn }, (now) => isSettled(now?.messages ?? []), sn)
      if (read) keep(sn, read.messages)
    } finally {
      reading.delete(sn)
    }
  }
}
