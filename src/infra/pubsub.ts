import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Channel, openRedisChannel } from './redis-channel.ts'

const PaymentHint = z.object({ sn: z.string(), version: z.number().int() })

/** "This payment has changed": a hint to read it again, never the truth. */
export type PaymentHint = z.infer<typeof PaymentHint>

/** "These sessions may have ended": a hint to look at them. */
const EndedSessions = z.object({ endedSessions: z.array(z.string()) })

const Message = z.union([PaymentHint, z.array(PaymentHint), EndedSessions])
type Message = z.infer<typeof Message>

/** `payment`: of a change that this process has made, what was committed, if whoever published it had that at hand. */
type Listener<Payment> = (hint: PaymentHint, payment?: Payment) => void

interface ListenerOptions {
  /** Whether it would use the payment itself, beside the hint about it. */
  wants?: (sn: string) => boolean
}

/** Hints, or session ids, in one message; the sessions of one user may be many. */
const MOST_PER_MESSAGE = 100

/** Broadcasts hints from every process to every process, at most once: any of them may be lost. */
export interface Pubsub<Payment = unknown> {
  /**
   * Never throws and never waits: a lost hint only delays a reader. Call it after the commit. Listeners of this process are
   * called before it returns, with `payment` as that commit left it; others get the hint alone. Hints that are published one
   * right after the other, of payments that were committed together, travel in one message.
   */
  publish(hint: PaymentHint, payment?: Payment): void
  /** Whether a listener of this process would use the payment itself, beside the hint about it. */
  wants(sn: string): boolean
  /** @returns what unsubscribes. */
  subscribe(listener: Listener<Payment>, options?: ListenerOptions): () => void
  /** Like `publish`, of sessions that were revoked. */
  publishEndedSessions(sessionIds: string[]): void
  /** @returns what unsubscribes. */
  onEndedSessions(listener: (sessionIds: string[]) => void): () => void
  /** Calls `listener` after each reconnect, since hints may have been missed. @returns what unsubscribes. */
  onReconnect(listener: () => void): () => void
  /** True while hints of other processes arrive. */
  connected(): boolean
  close(): Promise<void>
}

interface PubsubOptions {
  redisUrl: string | undefined
  /** Of the database: deployments that share a Redis don't hear each other. */
  databaseId: string
  log: Logger
}

/** Pub/sub through Redis, or inside this process without a `redisUrl`. Reconnects to Redis for ever. */
export function openPubsub<Payment>({ redisUrl, databaseId, log }: PubsubOptions): Pubsub<Payment> {
  const payments = createListeners<Parameters<Listener<Payment>>>(log)
  const wanting = new Set<(sn: string) => boolean>()
  const endedSessions = createListeners<[string[]]>(log)
  const reconnects = createListeners<[]>(log)
  const receive = (text: string) => {
    const message = readMessage(text)
    if (!message) log.warn('hint malformed, ignored')
    else if ('endedSessions' in message) endedSessions.call(message.endedSessions)
    else for (const hint of [message].flat()) payments.call(hint)
  }
  const channel =
    redisUrl === undefined
      ? NO_CHANNEL
      : openRedisChannel(redisUrl, channelOf(databaseId), { log, receive, reconnected: reconnects.call })
  const send = (message: Message) => channel.send(JSON.stringify(message))
  let hints: PaymentHint[] = []
  const sendHints = () => {
    for (const [first, ...more] of inMessages(hints)) if (first) send(more.length === 0 ? first : [first, ...more])
    hints = []
  }
  return {
    publish(hint, payment) {
      if (!channel.sends()) return
      payments.call(hint, payment)
      // It runs after all promises that are resolved now, and so after everybody whose payment was in the same statement.
      if (hints.push(hint) === 1) process.nextTick(sendHints)
    },
    wants: (sn) => [...wanting].some((wants) => wants(sn)),
    subscribe(listener, { wants = () => false } = {}) {
      const unsubscribe = payments.add(listener)
      wanting.add(wants)
      return () => {
        unsubscribe()
        wanting.delete(wants)
      }
    },
    publishEndedSessions(sessionIds) {
      if (!channel.sends()) return
      endedSessions.call(sessionIds)
      for (const endedSessions of inMessages(sessionIds)) send({ endedSessions })
    },
    onEndedSessions: endedSessions.add,
    onReconnect: reconnects.add,
    connected: channel.connected,
    close: channel.close,
  }
}

function inMessages<Item>(items: Item[]): Item[][] {
  const count = Math.ceil(items.length / MOST_PER_MESSAGE)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * MOST_PER_MESSAGE, (index + 1) * MOST_PER_MESSAGE),
  )
}

/** The one Redis channel for all hints of a deployment. */
function channelOf(databaseId: string): string {
  return `looklook-pay:${databaseId}`
}

/**
 * Tries on `redis` what hints need, publish and subscribe, by a hint about no payment, which every process ignores. The
 * connection is subscribed afterwards.
 *
 * @throws the error of Redis, when it doesn't allow one of them.
 */
export async function tryHints(redis: Redis, databaseId: string): Promise<void> {
  const hint: PaymentHint = { sn: '', version: 0 }
  await redis.publish(channelOf(databaseId), JSON.stringify(hint))
  await redis.subscribe(channelOf(databaseId))
}

/** There are no other processes. */
const NO_CHANNEL: Channel = { send: () => {}, sends: () => true, connected: () => true, close: () => Promise.resolve() }

function readMessage(text: string): Message | undefined {
  try {
    return Message.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function createListeners<Args extends unknown[]>(log: Logger) {
  const listeners = new Set<(...args: Args) => void>()
  const add = (listener: (...args: Args) => void): (() => void) => {
    const entry = (...args: Args) => listener(...args)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }
  const call = (...args: Args): void => {
    for (const listener of listeners) {
      try {
        listener(...args)
      } catch (error) {
        log.error({ err: error }, 'pub/sub listener failed')
      }
    }
  }
  return { add, call }
}
