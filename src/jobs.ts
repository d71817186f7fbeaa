import { z } from 'zod'

/** A kind of job: its name, its payload and its retry policy. */
export interface Job<Payload extends z.ZodType = z.ZodType> {
  name: string
  payload: Payload
  /** Seconds before the first retry; doubled with every retry, up to `retryDelayMaxSeconds`. */
  retryDelaySeconds: number
  retryDelayMaxSeconds: number
  retryLimit: number
  /** How long one run may take before it counts as failed. */
  expireInSeconds: number
}

/** Lets a listener's own module define its job beside what it does. */
export function defineJob<Payload extends z.ZodType>(job: Job<Payload>): Job<Payload> {
  return job
}

/** For money: about a year, in the end once an hour. */
const moneyRetries = { retryDelaySeconds: 1, retryDelayMaxSeconds: 3600, retryLimit: 9000, expireInSeconds: 60 }

/** For whoever hears of payments: some four days, in the end once an hour; then a dead letter. */
export const listenerRetries = {
  retryDelaySeconds: 1,
  retryDelayMaxSeconds: 3600,
  retryLimit: 100,
  expireInSeconds: 60,
}

/**
 * A payment has changed and wasn't applied at once: it was locked, isn't the common case, or has stalled. The outbox relay
 * enqueues a lost job again.
 */
export const paymentChanged = defineJob({
  name: 'payment-changed',
  payload: z.object({ paymentSn: z.string() }),
  ...moneyRetries,
})

/**
 * A redeemed or expired order is to be reported to WeChat, which freezes its money until then. The shipping loop enqueues a lost
 * job again.
 */
export const uploadShipping = defineJob({
  name: 'upload-shipping',
  payload: z.object({ orderSn: z.string() }),
  ...moneyRetries,
  retryDelaySeconds: 60,
})

/** A payment has changed, and endpoints may want to hear of it. While none is enabled, none of these is enqueued. */
export const webhookEvent = defineJob({
  name: 'webhook-event',
  payload: z.object({ paymentSn: z.string(), version: z.int() }),
  ...listenerRetries,
})

export const jobs: Job[] = [paymentChanged, uploadShipping, webhookEvent]

/** The jobs without which money, or what was paid for, stays where it is. */
export const JOBS_OF_MONEY: ReadonlySet<string> = new Set([paymentChanged.name, uploadShipping.name])
