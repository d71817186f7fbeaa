import type { Payment } from '../../../prisma/client/client.ts'
import { createNewestStream } from '../../infra/newest-stream.ts'

export interface LiveListener {
  /** Shows the payment when it is newer than what was shown. */
  offer: (payment: Payment) => void
  end: () => void
}

export interface LiveStreamOptions {
  /** How long the stream goes on after CLOSED, in ms. */
  closedLingerMs: number
  /** Calls `end` when the viewer's session ends; returns what stops the watching. */
  onSessionEnd: (end: () => void) => () => void
  /** From here on the listener is told of every change, and of the present state first. */
  join: (listener: LiveListener) => void
  leave: (listener: LiveListener) => void
}

/** One viewer's stream of one payment: rising versions, and an end when there is nothing more to come. */
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
