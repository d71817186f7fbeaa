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
  /** Acquires the slot of the stream, and calls `end` when the viewer's session or connection ends. @returns what releases it. */
  acquire: (end: () => void) => () => void
  /** Offers the listener the present state, and from then on every change. */
  join: (listener: LiveListener) => void
  leave: (listener: LiveListener) => void
}

/**
 * One viewer's stream of one payment: versions only rise, and it ends when no more changes can come. It has its slot from
 * the start, and joins once it is read.
 *
 * @throws whatever `acquire` throws.
 */
export function openLiveStream(options: LiveStreamOptions): AsyncIterableIterator<Payment> {
  const { closedLingerMs, acquire, join, leave } = options
  let version = 0
  let lingering: NodeJS.Timeout | undefined
  let isOver = false

  const stream = createNewestStream<Payment>(
    () => join(listener),
    () => {
      isOver = true
      clearTimeout(lingering)
      release?.()
      leave(listener)
    },
  )
  const listener: LiveListener = {
    end: stream.end,
    offer(payment) {
      if (payment.version <= version) return
      version = payment.version
      stream.offer(payment)
      if (payment.status === 'CLOSED') {
        lingering ??= setTimeout(stream.end, closedLingerMs)
        return
      }
      clearTimeout(lingering)
      lingering = undefined
      if (payment.status === 'REFUNDED') stream.end()
    },
  }
  // Undefined while it is acquired, when the connection may turn out to have ended already.
  let release: (() => void) | undefined
  release = acquire(stream.end)
  if (isOver) release()
  return stream.values
}
