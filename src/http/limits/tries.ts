import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

const WINDOW_SECONDS = 60

/** How often each client tries something, counted in this process alone. */
interface Tries {
  /** Counts a try. @returns how many seconds the client has to wait; 0 when it may try. */
  count(client: string): Promise<number>
}

export function createTries(mostPerMinute: number): Tries {
  const limiter = new RateLimiterMemory({ points: mostPerMinute, duration: WINDOW_SECONDS })
  return {
    count: async (client) => {
      try {
        await limiter.consume(client)
        return 0
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        return Math.max(1, Math.ceil(error.msBeforeNext / 1000))
      }
    },
  }
}
