import { GraphQLError } from 'graphql'
import type { Limits } from '../../config/limits.ts'
import { RateLimitedError } from '../../errors.ts'
import { extensionOf } from '../../graphql/context.ts'
import type { Metrics } from '../../infra/metrics.ts'
import type { Text } from '../../texts.ts'

/** What a limit is called in the metric `looklook_limit_refusals_total`. */
export type LimitName = keyof Limits | 'wrongCodes' | 'connectionsToDatabase'

/**
 * Counts a refusal, and makes the error for a client outside mutations, with the seconds to wait: over HTTP in the header
 * Retry-After too.
 */
export function createRateLimited(
  metrics: Metrics,
  { limit, retryAfterSeconds, text }: { limit: LimitName; retryAfterSeconds: number; text: Text },
): GraphQLError {
  metrics.limitRefusals.inc({ limit })
  return createError(text, retryAfterSeconds)
}

/** The error for a client outside mutations, of a refusal that is counted already. */
export function toRateLimited({ text, retryAfterSeconds }: RateLimitedError): GraphQLError {
  return createError(text, retryAfterSeconds)
}

function createError(text: Text, retryAfterSeconds: number): GraphQLError {
  const http = { status: 429, spec: true, headers: { 'retry-after': String(retryAfterSeconds) } }
  const extensions = { code: RateLimitedError.code, retryAfterSeconds, http, ...extensionOf(text) }
  return new GraphQLError(text.en, { extensions })
}
