import { t } from '../text.ts'
import type { DrawnRow, Traffic } from '../traffic/traffic.ts'
import type { Message } from './ledger.ts'

/** The messages on their way to the guest; `orderOf` gives the order of one, as soon as the page knows it. */
export function openMessageRows(traffic: Traffic, orderOf: (message: Message) => string | undefined) {
  /** Whose order isn't known yet: the page may still know it without the entry code that the message tells. */
  const unplaced = new Map<Message, DrawnRow>()
  return {
    draw(message: Message): void {
      const { templateId, page, data } = message
      const parts = [{ json: { template_id: templateId, page, data } }]
      unplaced.set(message, traffic.add({ from: 'wechat', to: 'guest', title: () => t('trafficMessage'), parts }))
    },
    /** Says of the rows so far which order they are about. */
    place(): void {
      for (const [message, row] of unplaced) {
        const orderSn = orderOf(message)
        if (orderSn === undefined) continue
        row.about(orderSn)
        unplaced.delete(message)
      }
    },
  }
}
