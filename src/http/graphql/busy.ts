import { GraphQLError } from 'graphql'
import type { Metrics } from '../../infra/metrics.ts'
import { isBusy } from '../../infra/pool.ts'
import { createRateLimited } from '../limits/refusal.ts'
import { limitTexts } from '../texts.ts'

/** A connection is free again as soon as some operation ends. */
const RETRY_AFTER_SECONDS = 1

/**
 * The error as the caller may know it when it means that no connection to the database was free in time: nothing has been
 * done, and the same operation may succeed a moment later. Any other error is returned as it is.
 *
 * @param isWhole whether it leaves nothing to answer, so that the answer over HTTP is a 503.
 */
export function orBusy(metrics: Metrics, error: unknown, { isWhole }: { isWhole: boolean }): unknown {
  const { nodes, source, positions, path, originalError } =
    error instanceof GraphQLError ? error : ({} as Partial<GraphQLError>)
  if (!isBusy(originalError ?? error)) return error
  const { message, extensions } = createRateLimited(metrics, {
    limit: 'connectionsToDatabase',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    text: limitTexts.busy(RETRY_AFTER_SECONDS),
  })
  const http = { status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
  return new GraphQLError(message, {
    nodes,
    source,
    positions,
    path,
    extensions: { ...extensions, ...(isWhole && { http }) },
  })
}
