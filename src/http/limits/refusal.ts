import { GraphQLError } from 'graphql'
import type { Limits } from '../../config/limits.ts'
import { RateLimitedError } from '../../errors.ts'
import type { Metrics } from '../../infra/metrics.ts'

/** What a limit is called in the metric `looklook_limit_refusals_total`. */
export type LimitName = keyof Limits | 'wrongCodes' | 'connectionsToDatabase'

/**
 * Counts a refusal, and makes the error for a client outside mutations, with the seconds to wait: over HTTP in the header
 * Retry-After too.
 */
export function createRateLimited(
  metrics: Metrics,
  { limit, retryAfterSeconds, message }: { limit: LimitName; retryAfterSeconds: number; message: string },
): GraphQLError {
  metrics.limitRefusals.inc({ limit })
  return createError(message, retryAfterSeconds)
}

/** The error for a client outside mutations, of a refusal that is counted already. */
export function toRateLimited({ message, retryAfterSeconds }: RateLimitedError): GraphQLError {
  return createError(message, retryAfterSeconds)
}

function createError(message: string, retryAfterSeconds: number): GraphQLError {
  const http = { status: 429, spec: true, headers: { 'retry-after': String(retryAfterSeconds) } }
  return new GraphQLError(message, { extensions: { code: RateLimitedError.code, retryAfterSeconds, http } })
}
