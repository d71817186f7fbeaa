import type { Deps } from '../../deps.ts'
import { createRateLimited } from './refusal.ts'

const RETRY_AFTER_SECONDS = 1

/** The operations that each client has in hand, over HTTP and sockets together. */
export interface OperationSlots {
  /**
   * Acquires a slot for an operation of this client: `user …`, `token …` or `address …`.
   *
   * @returns what releases it, safe to call twice.
   * @throws {GraphQLError} `RATE_LIMITED` when all of the client's slots are in use.
   */
  acquire: (client: string) => () => void
}

/**
 * Bounds the operations that a client has in hand before they wait for the database, whose connections all clients share.
 * Remembers nobody without one, so its memory is bounded by the operations in hand.
 */
export function createOperationSlots({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): OperationSlots {
  const most = Math.max(1, Math.floor(config.limits.operationsInHandPerClient * config.rateLimitFactor))
  const inUse = new Map<string, number>()
  return {
    acquire(client) {
      const count = inUse.get(client) ?? 0
      if (count >= most) {
        throw createRateLimited(metrics, {
          limit: 'operationsInHandPerClient',
          retryAfterSeconds: RETRY_AFTER_SECONDS,
          message: `You have ${most} operations in hand. Wait for their answers before you send more.`,
        })
      }
      inUse.set(client, count + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const left = (inUse.get(client) ?? 1) - 1
        if (left > 0) inUse.set(client, left)
        else inUse.delete(client)
      }
    },
  }
}
