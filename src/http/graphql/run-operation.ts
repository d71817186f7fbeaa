import { type ExecutionArgs, type ExecutionResult, execute, getOperationAST, OperationTypeNode } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { ApiDeps } from '../../deps.ts'
import type { GraphqlContext } from '../../graphql/context.ts'
import type { CountOperation } from './count-operations.ts'
import { maskResult, type ResultMaskDeps } from './mask-errors.ts'
import { countRead, countStream } from './read-rates.ts'
import { refuseNul } from './text-rules.ts'

/** An operation that is valid, and its context. */
interface OperationArgs extends ExecutionArgs {
  contextValue: GraphqlContext
}

/** A stream's results are counted nowhere: they are states, as many as come. */
const STARTED: ExecutionResult = {}

/** Answers a query or a mutation; what its resolvers throw is masked. */
export type RunOperation = (args: OperationArgs) => Promise<ExecutionResult>

/**
 * Makes what answers queries and mutations, and counts them.
 *
 * @param mutationDeps for mutations, with connections of their own: a tap must not wait behind those who read.
 */
export function createRunOperation(deps: ResultMaskDeps, mutationDeps: ApiDeps, count: CountOperation): RunOperation {
  const run = (args: OperationArgs) => {
    const { contextValue } = args
    const operation = getOperationAST(args.document, args.operationName)?.operation
    if (operation === OperationTypeNode.MUTATION) contextValue.deps = mutationDeps
    if (operation !== OperationTypeNode.QUERY) return execute(args)
    return countRead(contextValue, () => execute(args))
  }
  return async (args) => {
    const refused = refuseNul(args.variableValues)
    const result = refused ?? maskResult(deps, args.contextValue.requestId, await run(args))
    count(args, result)
    return result
  }
}

/** Has Yoga run operations by `run`, and hold subscriptions to the same rules. */
export function useRunOperation(
  deps: ResultMaskDeps,
  run: RunOperation,
  count: CountOperation,
): Plugin<GraphqlContext> {
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn((args) => run(args as OperationArgs)),
    async onSubscribe({ args, setResultAndStopExecution }) {
      const { requestId }: GraphqlContext = args.contextValue
      const refused = refuseNul(args.variableValues) ?? (await countStream(args.contextValue))
      if (refused) {
        count(args, refused)
        return setResultAndStopExecution(refused)
      }
      return {
        // Of a stream that starts, the results are masked where they are made.
        onSubscribeResult({ result, setResult }) {
          if (isAsyncIterable(result)) return count(args, STARTED)
          const masked = maskResult(deps, requestId, result)
          count(args, masked)
          setResult(masked)
        },
      }
    },
  }
}
