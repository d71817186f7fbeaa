import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { z } from 'zod'

/** The one Redis channel for all hints. */
export const CHANNEL = 'looklook-pay:payments'

const PaymentHint = z.object({ sn: z.string(), version: z.number().int() })

/** "This payment has changed": a hint to read it again, never the truth. */
export type PaymentHint = z.infer<typeof PaymentHint>

type Listener = (hint: PaymentHint) => void

/** Broadcasts hints from every process to every process, at most once: any of them may be lost. */
export interface Pubsub {
  /** Never throws and never waits: a lost hint only delays a reader. Call it after the commit. */
  publish(hint: PaymentHint): void
  /** @returns what unsubscribes. */
  subscribe(listener: Listener): () => void
  /** Calls `listener` after each reconnect, since hints may have been missed. @returns what unsubscribes. */
  onReconnect(listener: () => void): () => void
  /** True while hints of other processes arrive. */
  connected(): boolean
  close(): Promise<void>
}

/** Pub/sub through Redis, or inside this process without a `redisUrl`. Reconnects to Redis for ever. */
export function openPubsub(redisUrl: string | undefined, log: Logger): Pubsub {
  const hints = createListeners<PaymentHint>(log)
  const reconnects = createListeners<void>(log)
  const transport =
    redisUrl === undefined ? openLocal(hints.call) : openRedis(redisUrl, log, hints.call, reconnects.call)
  return { ...transport, subscribe: hints.add, onReconnect: reconnects.add }
}

/**
 * Tries on `redis` what hints need, publish and subscribe, by a hint about no payment, which every process ignores. The
 * connection is subscribed afterwards.
 *
 * @throws the error of Redis, when it doesn't allow one of them.
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
  let isLogged = false
  const logOnce = (err: unknown) => {
    if (!isLogged) log.warn({ err }, 'Redis unavailable, live updates are slower until it is back')
    isLogged = true
  }

  publisher.on('error', logOnce)
  subscriber.on('error', logOnce)
  subscriber.on('close', () => {
    subscribed = false
  })
  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).then(() => {
      if (isLogged) log.info('Redis connected again')
      subscribed = true
      isLogged = false
      reconnected()
    }, logOnce)
  })
  subscriber.on('message', (_channel: string, text: string) => {
    const hint = readHint(text)
    if (hint) deliver(hint)
    else log.warn('hint malformed, ignored')
  })

  return {
    publish: (hint) => void publisher.publish(CHANNEL, JSON.stringify(hint)).catch(logOnce),
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
        log.error({ err: error }, 'pub/sub listener failed')
      }
    }
  }
  return { add, call }
}
