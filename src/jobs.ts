import { z } from 'zod'

/** A kind of job: what it is called, what it carries, and how it is tried again. */
export interface Job<Payload extends z.ZodType = z.ZodType> {
  name: string
  payload: Payload
  /** Seconds to wait before the second try; doubled with every try, up to `retryDelayMaxSeconds`. */
  retryDelaySeconds: number
  retryDelayMaxSeconds: number
  retryLimit: number
  /** How long one run may take before it counts as failed. */
  expireInSeconds: number
}

function defineJob<Payload extends z.ZodType>(job: Job<Payload>): Job<Payload> {
  return job
}

/** Money never gives up: it slows down to once an hour, for about a year. */
const money = { retryDelaySeconds: 1, retryDelayMaxSeconds: 3600, retryLimit: 9000, expireInSeconds: 60 }

/** A payment has changed: what it pays for must follow. */
export const paymentChanged = defineJob({
  name: 'payment-changed',
  payload: z.object({ paymentSn: z.string() }),
  ...money,
})

/** A subscribe message waits to be sent to a guest. */
export const sendMessage = defineJob({
  name: 'send-message',
  payload: z.object({ messageId: z.string() }),
  retryDelaySeconds: 5,
  retryDelayMaxSeconds: 600,
  retryLimit: 12,
  expireInSeconds: 60,
})

/** A redeemed order's service was rendered: WeChat must hear of it before it frees the merchant's money. */
export const uploadShipping = defineJob({
  name: 'upload-shipping',
  payload: z.object({ orderSn: z.string() }),
  ...money,
  retryDelaySeconds: 60,
})

export const jobs: Job[] = [paymentChanged, sendMessage, uploadShipping]
