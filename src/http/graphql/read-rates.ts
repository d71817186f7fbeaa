import type { ExecutionResult } from 'graphql'
import { RateLimitedError } from '../../errors.ts'
import type { GraphqlContext } from '../../graphql/context.ts'
import { toRateLimited } from '../limits/refusal.ts'

/** Of the queries of a signed-in user, and the streams that they start. What a mutation gives back is no read. */
const RATE = 'readsPerUserMinute'

/** Counts a query while `read` runs. @returns the result, or that of its refusal. */
export async function countRead(
  { viewer, rates }: GraphqlContext,
  read: () => ExecutionResult | Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  if (!viewer) return read()
  try {
    return await rates.countDuring(RATE, viewer.id, async () => read())
  } catch (error) {
    return toRefusedResult(error)
  }
}

/** Counts a stream that shall start. @returns the result of its refusal; undefined when there is none. */
export async function countStream({ viewer, rates }: GraphqlContext): Promise<ExecutionResult | undefined> {
  if (!viewer) return undefined
  try {
    await rates.count(RATE, viewer.id)
    return undefined
  } catch (error) {
    return toRefusedResult(error)
  }
}

function toRefusedResult(error: unknown): ExecutionResult {
  if (error instanceof RateLimitedError) return { errors: [toRateLimited(error)] }
  throw error
}
