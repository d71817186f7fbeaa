import type { Deps } from '../deps.ts'
import { createOperationSlots } from '../http/limits/operation-slots.ts'
import { createRateLimited } from '../http/limits/refusal.ts'
import { createSlots } from '../http/limits/slots.ts'
import { limitTexts } from '../http/texts.ts'

/** The page has one open: so many windows may show it. */
const MOST_STREAMS = 5
const RETRY_AFTER_SECONDS = 30

/** What a session may have at once. Both throw {@link GraphQLError} `RATE_LIMITED`, and return what releases the slot. */
interface SessionLimits {
  acquireOperation: (session: string) => () => void
  acquireStream: (session: string) => () => void
}

export function createSessionLimits({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): SessionLimits {
  const operations = createOperationSlots({ config, metrics })
  const streams = createSlots(Math.max(1, Math.floor(MOST_STREAMS * config.rateLimitFactor)))
  return {
    acquireOperation: operations.acquire,
    acquireStream: (session) => {
      const release = streams.acquire(session)
      if (release) return release
      throw createRateLimited(metrics, {
        limit: 'streamsPerUser',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        text: limitTexts.streams,
      })
    },
  }
}
