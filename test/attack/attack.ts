import type { TargetUrls } from './target.ts'

/** Where attackers come from: limits per address must not meet the honest guests, who come from 127.0.0.1. */
export const ATTACKER = '127.0.0.66'

/** Counts one answer of the server, like `413`, `RATE_LIMITED`, or `4429`. */
export type Count = (answer: string) => void

/** One way in which a stranger may try to take the service from the others. */
export interface Attack {
  name: string
  /** The setting of the limit that ends it, or what else does. */
  limit: string
  /** The answers of a server that holds; at least one of them must come. */
  refusals: string[]
  /** Metrics of the API that are back where they were, once the attackers are gone. */
  gauges?: string[]
  /** A bounded part of the attack, sent again and again until it ends. Closes what it opened. */
  burst(urls: TargetUrls, count: Count): Promise<void>
}
