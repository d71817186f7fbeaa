import { execute } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { maskResult, type ResultMaskDeps } from '../http/graphql/mask-errors.ts'
import { refuseNul } from '../http/graphql/text-rules.ts'
import type { ConsoleContext } from './schema/context.ts'

/** Holds operations to the rules of guests' API about variables, about a database that is busy, and about what is masked. */
export function useOperationRules(deps: ResultMaskDeps): Plugin<ConsoleContext> {
  return {
    onExecute: ({ setExecuteFn }) =>
      setExecuteFn(async (args) => {
        const { requestId, acquireOperation } = args.contextValue as ConsoleContext
        const refused = refuseNul(args.variableValues)
        if (refused) return refused
        const release = acquireOperation()
        try {
          return maskResult(deps, requestId, await execute(args))
        } finally {
          release()
        }
      }),
    onSubscribe({ args, setResultAndStopExecution }) {
      const { requestId }: ConsoleContext = args.contextValue
      const refused = refuseNul(args.variableValues)
      if (refused) return setResultAndStopExecution(refused)
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) setResult(maskResult(deps, requestId, result))
        },
      }
    },
  }
}
