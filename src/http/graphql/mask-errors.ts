import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import type { Config } from '../../config.ts'
import type { Deps } from '../../deps.ts'
import { RateLimitedError } from '../../errors.ts'
import { extensionOf } from '../../graphql/context.ts'
import { toRateLimited } from '../limits/refusal.ts'
import { requestTexts } from '../texts.ts'
import { orBusy } from './busy.ts'

/** Of a request that was refused before it ran. */
const MAX_INPUT_ERRORS = 10
const MAX_MESSAGE_LENGTH = 1_000
const SUGGESTION = / Did you mean .*$/s

/** Whether the error was meant for the caller: it is a `GraphQLError`, and so is whatever caused it. */
function isForCaller(error: unknown): boolean {
  return error instanceof GraphQLError && (error.originalError == null || isForCaller(error.originalError))
}

/**
 * The error as the caller may see it. One that was meant for the caller stays as it is, and a rate limit says when to try
 * again; any other becomes "Unexpected error." with the request id under which its cause is logged, once.
 */
export function maskError(log: Logger, error: unknown, requestId?: string): GraphQLError {
  if (error instanceof GraphQLError && isForCaller(error)) return error
  const { nodes, source, positions, path, originalError } =
    error instanceof GraphQLError ? error : ({} as Partial<GraphQLError>)
  // Of a mutation whose result has no error types.
  if (originalError instanceof RateLimitedError) {
    const { message, extensions } = toRateLimited(originalError)
    return new GraphQLError(message, { nodes, source, positions, path, extensions })
  }
  log.error({ err: originalError ?? error, requestId, path: path?.join('.') }, 'GraphQL operation failed unexpectedly')
  return new GraphQLError(requestTexts.unexpected.en, {
    nodes,
    source,
    positions,
    path,
    extensions: { code: 'INTERNAL_SERVER_ERROR', unexpected: true, requestId, ...extensionOf(requestTexts.unexpected) },
  })
}

export type ResultMaskDeps = Pick<Deps, 'log' | 'config' | 'metrics'>

/** The result of an operation as the caller may see it: here, unlike in Yoga's own masking, the request id is known. */
export function maskResult(deps: ResultMaskDeps, requestId: string, result: ExecutionResult): ExecutionResult {
  if (!result.errors) return result
  const { log, config, metrics } = deps
  const isWhole = result.data == null
  const errors = result.errors.map((error) => maskError(log, orBusy(metrics, error, { isWhole }), requestId))
  if ('data' in result) return { ...result, errors: isWhole ? errors : errors.map(withoutStatus) }
  return { ...result, errors: errors.slice(0, MAX_INPUT_ERRORS).map((error) => asBadInput(error, config)) }
}

/** The error of a request that was refused before it ran: a variable doesn't fit its type, for example. */
function asBadInput(error: GraphQLError, { production }: Pick<Config, 'production'>): GraphQLError {
  if (error.extensions['code'] !== undefined) return error
  const { nodes, source, positions, path } = error
  // It quotes the variable, and at its end suggests what the schema has.
  const message = (production ? error.message.replace(SUGGESTION, '') : error.message).slice(0, MAX_MESSAGE_LENGTH)
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } }
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}

/** The error of a field, which leaves the answer a success: its headers are sent, its status isn't. */
function withoutStatus(error: GraphQLError): GraphQLError {
  const { http } = error.extensions
  if (http?.status === undefined) return error
  const { message, nodes, source, positions, path } = error
  const extensions = { ...error.extensions, http: { headers: http.headers } }
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}
