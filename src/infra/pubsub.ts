import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { z } from 'zod'

/** The one channel of Redis that hints travel through. */
export const CHANNEL = 'looklook-pay:payments'

const PaymentHint = z.object({ sn: z.string(), version: z.number().int() })

/** "This payment has changed": a hint to read it again, never the truth. */
export type PaymentHint = z.infer<typeof PaymentHint>

type Listener = (hint: PaymentHint) => void

/** Hints travel from every process to every process, one channel for all payments, as good as the network allows. */
export interface Pubsub {
  /** Never throws and never waits: a hint that is lost delays a reader, no more. Call it after the commit. */
  publish(hint: PaymentHint): void
  /** @returns what ends the subscription. */
  subscribe(listener: Listener): () => void
  /** Called whenever hints flow again, since some may have been missed. @returns what ends this. */
  onReconnect(listener: () => void): () => void
  /** Whether hints of other processes arrive. */
  connected(): boolean
  close(): Promise<void>
}

/** Pub/sub through Redis, or inside this process when there is no `redisUrl`. A Redis that is away is tried for ever. */
export function openPubsub(redisUrl: string | undefined, log: Logger): Pubsub {
  const hints = createListeners<PaymentHint>(log)
  const reconnects = createListeners<void>(log)
  const transport =
    redisUrl === undefined ? openLocal(hints.call) : openRedis(redisUrl, log, hints.call, reconnects.call)
  return { ...transport, subscribe: hints.add, onReconnect: reconnects.add }
}

/**
 * Does once on `redis` what hints need, with a hint about no payment, which nobody minds. The connection then hears hints.
 *
 * @throws what Redis refuses.
 */
export async function tryHints(redis: Redis): Promise<void> {
  const hint: PaymentHint = { sn: '', version: 0 }
  await redis.publish(CHANNEL, JSON.stringify(hint))
  await redis.subscribe(CHANNEL)
}

const retryStrategy = (times: number) => Math.min(times * 100, 2_000)

type Transport = Pick<Pubsub, 'publish' | 'connected' | 'close'>

function openLocal(deliver: Listener): Transport {
  return {
    publish: (hint) => void setImmediate(deliver, hint),
    connected: () => true,
    close: () => Promise.resolve(),
  }
}

function openRedis(url: string, log: Logger, deliver: Listener, reconnected: () => void): Transport {
  const publisher = new Redis(url, { retryStrategy, enableOfflineQueue: false, commandTimeout: 2_000 })
  const subscriber = new Redis(url, {
    retryStrategy,
    autoResubscribe: false,
    maxRetriesPerRequest: null,
    keepAlive: 5_000,
  })
  let subscribed = false
  let complained = false
  const complain = (err: unknown) => {
    if (!complained) log.warn({ err }, 'Redis is away: live updates are slower until it is back')
    complained = true
  }

  publisher.on('error', complain)
  subscriber.on('error', complain)
  subscriber.on('close', () => {
    subscribed = false
  })
  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).then(() => {
      if (complained) log.info('Redis is back')
      subscribed = true
      complained = false
      reconnected()
    }, complain)
  })
  subscriber.on('message', (_channel: string, text: string) => {
    const hint = readHint(text)
    if (hint) deliver(hint)
    else log.warn('Redis brought something that is no hint about a payment')
  })

  return {
    publish: (hint) => void publisher.publish(CHANNEL, JSON.stringify(hint)).catch(complain),
    connected: () => subscribed && publisher.status === 'ready',
    close: async () => {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

function readHint(text: string): PaymentHint | undefined {
  try {
    return PaymentHint.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function createListeners<Value>(log: Logger) {
  const listeners = new Set<(value: Value) => void>()
  const add = (listener: (value: Value) => void): (() => void) => {
    const entry = (value: Value) => listener(value)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }
  const call = (value: Value): void => {
    for (const listener of listeners) {
      try {
        listener(value)
      } catch (error) {
        log.error({ err: error }, 'a pub/sub listener failed')
      }
    }
  }
  return { add, call }
}
