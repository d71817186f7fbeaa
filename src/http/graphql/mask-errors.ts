import { type ExecutionResult, GraphQLError } from 'graphql'
import { handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Deps } from '../../deps.ts'
import type { GraphqlContext } from '../../graphql/context.ts'
import { orBusy } from './busy.ts'

const MESSAGE = 'Unexpected error.'

/** Whether the error was meant for the caller: it is a `GraphQLError`, and so is whatever caused it. */
function isForCaller(error: unknown): boolean {
  return error instanceof GraphQLError && (error.originalError == null || isForCaller(error.originalError))
}

/**
 * The error as the caller may see it. One that was meant for the caller stays as it is; any other becomes "Unexpected
 * error." with the request id under which its cause is logged, once.
 */
export function maskError(log: Logger, error: unknown, requestId?: string): GraphQLError {
  if (error instanceof GraphQLError && isForCaller(error)) return error
  const { nodes, source, positions, path, originalError } =
    error instanceof GraphQLError ? error : ({} as Partial<GraphQLError>)
  log.error({ err: originalError ?? error, requestId, path: path?.join('.') }, 'operation failed unexpectedly')
  return new GraphQLError(MESSAGE, {
    nodes,
    source,
    positions,
    path,
    extensions: { code: 'INTERNAL_SERVER_ERROR', unexpected: true, requestId },
  })
}

/** Masks the errors of resolvers: here, unlike in Yoga's own masking, the request id is known. */
export function useMaskedResolverErrors({ log, metrics }: Pick<Deps, 'log' | 'metrics'>): Plugin<GraphqlContext> {
  const maskResult = (contextValue: unknown, result: ExecutionResult, setResult: (masked: ExecutionResult) => void) => {
    if (!result.errors) return
    const { requestId } = contextValue as GraphqlContext
    const isRefused = !('data' in result)
    const isWhole = result.data == null
    const errors = result.errors.map((error) => maskError(log, orBusy(metrics, error, { isWhole }), requestId))
    setResult({ ...result, errors: isRefused ? errors.map(asBadInput) : errors })
  }
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: (payload) =>
        handleStreamOrSingleExecutionResult(payload, ({ result, setResult }) =>
          maskResult(args.contextValue, result, setResult),
        ),
    }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: (payload) =>
        handleStreamOrSingleExecutionResult(payload, ({ result, setResult }) =>
          maskResult(args.contextValue, result, setResult),
        ),
    }),
  }
}

/** The error of a request that was refused before it ran: a variable doesn't fit its type, for example. */
function asBadInput(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined) return error
  const { message, nodes, source, positions, path } = error
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } }
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}
