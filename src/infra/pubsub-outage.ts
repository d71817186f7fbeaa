import type { Part } from './part.ts'
import type { Pubsub } from './pubsub.ts'

export interface PubsubOutage extends Part {
  /** A pub/sub that this outage hits. */
  wrap<Payment>(pubsub: Pubsub<Payment>): Pubsub<Payment>
}

/**
 * What becomes of hints when Redis is taken away on purpose, as it would when it is away by itself: those published
 * meanwhile are lost, and listeners hear of the reconnect. Revoked sessions are published all the same.
 */
export function createPubsubOutage(): PubsubOutage {
  let isUp = true
  const listeners = new Set<() => void>()
  return {
    isUp: () => isUp,
    async set(next) {
      const isBack = next && !isUp
      isUp = next
      if (isBack) for (const listener of listeners) listener()
    },
    wrap: (pubsub) => ({
      ...pubsub,
      publish: (hint, payment) => {
        if (isUp) pubsub.publish(hint, payment)
      },
      onReconnect(listener) {
        const entry = () => listener()
        listeners.add(entry)
        const unsubscribe = pubsub.onReconnect(listener)
        return () => {
          listeners.delete(entry)
          unsubscribe()
        }
      },
      connected: () => isUp && pubsub.connected(),
    }),
  }
}
