import type { Payment } from '../../../prisma/client/client.ts'
import { createNewestStream } from '../../infra/newest-stream.ts'

export interface LiveListener {
  /** Sends the payment, unless this version or a newer one was sent before. */
  offer: (payment: Payment) => void
  end: () => void
}

export interface LiveStreamOptions {
  /** How long the stream goes on after CLOSED, in ms. */
  closedLingerMs: number
  /** Calls `end` when the viewer's session ends. @returns what unsubscribes. */
  onSessionEnd: (end: () => void) => () => void
  /** Offers the listener the present state, and from then on every change. */
  join: (listener: LiveListener) => void
  leave: (listener: LiveListener) => void
}

/** One viewer's stream of one payment: versions only rise, and it ends when no more changes can come. */
export function openLiveStream(options: LiveStreamOptions): AsyncIterableIterator<Payment> {
  const { closedLingerMs, onSessionEnd, join, leave } = options
  let version = 0
  let lingering: NodeJS.Timeout | undefined
  let stopSessionWatch: (() => void) | undefined

  const stream = createNewestStream<Payment>(
    () => {
      stopSessionWatch = onSessionEnd(stream.end)
      join(listener)
    },
    () => {
      clearTimeout(lingering)
      stopSessionWatch?.()
      leave(listener)
    },
  )
  const listener: LiveListener = {
    end: stream.end,
    offer(payment) {
      if (payment.version <= version) return
      version = payment.version
      stream.offer(payment)
      clearTimeout(lingering)
      if (payment.status === 'REFUNDED') stream.end()
      if (payment.status === 'CLOSED') lingering = setTimeout(stream.end, closedLingerMs)
    },
  }
  return stream.values
}
