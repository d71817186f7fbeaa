import type { Deps } from '../../deps.ts'
import type { Transport } from '../../graphql/context.ts'
import { limitTexts } from '../texts.ts'
import { createRateLimited } from './refusal.ts'
import { createSlots } from './slots.ts'

const RETRY_AFTER_SECONDS = 1

/** What of a token tells it apart. Not its signature, which has several spellings. */
const TOKEN = /^Bearer +([\w-]{1,200}\.[\w-]{1,200})\.\S+$/i

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

/** Bounds the operations that a client has in hand before they wait for the database, whose connections all clients share. */
export function createOperationSlots({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): OperationSlots {
  const most = Math.max(1, Math.floor(config.limits.operationsInHandPerClient * config.rateLimitFactor))
  const slots = createSlots(most)
  return {
    acquire(client) {
      const release = slots.acquire(client)
      if (release) return release
      throw createRateLimited(metrics, {
        limit: 'operationsInHandPerClient',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        text: limitTexts.operationsInHand(most),
      })
    },
  }
}

/** Whose slot an operation takes before its session is read: its token's, or its address' where there is none that could be read. */
export function clientOf({ authorization, address }: Pick<Transport, 'authorization' | 'address'>): string {
  const token = typeof authorization === 'string' ? TOKEN.exec(authorization)?.[1] : undefined
  return token === undefined ? `address ${address}` : `token ${token}`
}
